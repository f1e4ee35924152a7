import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import type { Remote } from '../../src/database/service.ts';
import type { NotesService } from '../fakes/notes-service.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const module = new URL('../fakes/notes-service.ts', import.meta.url).href;

describe('services on the database’s threads', () => {
  let database: Database;
  let writing: Remote<NotesService>;
  beforeEach(async () => {
    database = openDatabase(join(temporaryFolder(), 'test.db'));
    onTestFinished(() => database.close());
    writing = await database.service<NotesService>('notes', { module, options: null });
  });
  const openReading = () => database.service<NotesService>('notes', { module, options: 'read' }, 'read');

  it('answers calls in the order in which they were made, synchronous and asynchronous methods alike', async () => {
    const answers = await Promise.all([
      writing.add('a'),
      writing.list(),
      writing.sum([1, 2, 3]),
      writing.add('b'),
      writing.list(),
    ]);
    expect(answers).toEqual([undefined, ['a'], 6, undefined, ['a', 'b']]);
  });

  it('shows a reader everything that was committed before its call', async () => {
    const reading = await openReading();
    for (let number = 0; number < 50; number += 1) {
      await writing.add(String(number));
      expect(await reading.list()).toHaveLength(number + 1);
    }
  });

  it('does not let a reader write', async () => {
    const reading = await openReading();
    await expect(reading.add('x')).rejects.toMatchObject({ code: 'DATABASE_FAILED' });
    expect(await reading.list()).toEqual([]);
  });

  it('brings expected failures across with code, hint and details, and undoes the transaction', async () => {
    await expect(writing.addThenFail('x')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'there is no such note',
      hint: 'Look again.',
      details: { text: 'x' },
    });
    expect(await writing.list()).toEqual([]);
  });

  it('gives failures of SQLite and unexpected ones a code', async () => {
    await expect(writing.add(null)).rejects.toMatchObject({ code: 'DATABASE_FAILED', message: /NOT NULL/ });
    await expect(writing.fail()).rejects.toMatchObject({ code: 'INTERNAL', message: 'not expected' });
    const untyped = writing as unknown as Record<string, () => Promise<unknown>>;
    await expect(untyped.nothing?.()).rejects.toMatchObject({ code: 'INTERNAL', message: /notes\.nothing/ });
    expect(await writing.list()).toEqual([]);
  });

  it('survives arguments and results that cannot be cloned', async () => {
    await expect(writing.sum((() => 0) as unknown as number[])).rejects.toThrow(/could not be cloned/);
    await expect(writing.uncloneable()).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await writing.sum([1])).toBe(1);
  });

  it('opens a name once on a thread', async () => {
    await expect(database.service('notes', { module, options: null })).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('says that a module is missing, and lives on', async () => {
    const missing = new URL('./no-such-module.ts', import.meta.url).href;
    await expect(database.service('other', { module: missing, options: null })).rejects.toMatchObject({
      code: 'INTERNAL',
    });
    expect(await writing.list()).toEqual([]);
  });

  it('closes once, however often it is asked, after what was asked before', async () => {
    const [, , list] = await Promise.all([writing.add('a'), openReading(), writing.list(), database.close()]);
    expect(list).toEqual(['a']);
    await Promise.all([database.close(), database.close()]);
    await expect(writing.list()).rejects.toMatchObject({ code: 'DATABASE_FAILED', message: 'the database is closed' });
    await expect(openReading()).rejects.toMatchObject({ code: 'DATABASE_FAILED' });
  });

  it('rejects everybody who waits when the thread ends by itself', async () => {
    const calls = await Promise.allSettled([writing.exit(), writing.list(), writing.list()]);
    expect(calls.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(writing.list()).rejects.toMatchObject({ code: 'DATABASE_FAILED' });
    await database.close();
  });
});

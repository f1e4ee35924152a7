import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type DatabaseOptions, openDatabase } from '../../src/database/database.ts';
import { lockDirectory } from '../../src/database/directory-lock.ts';
import type { NotesService } from '../fakes/notes-service.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const module = new URL('../fakes/notes-service.ts', import.meta.url).href;
const noteWriter = new URL('../fakes/note-writer.ts', import.meta.url).pathname;
const lockHolder = new URL('../fakes/lock-holder.ts', import.meta.url).pathname;

async function openNotes(path: string, options?: DatabaseOptions) {
  const database = openDatabase(path, options);
  onTestFinished(() => database.close());
  return { database, notes: await database.service<NotesService>('notes', { module, options: null }) };
}

async function holdLock(what: 'directory' | 'database', where: string): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, ['--expose-gc', lockHolder, what, where], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [said] = await once(child.stdout, 'data');
  return { child, said: String(said) };
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe('the database’s file', () => {
  it('is readable by its owner alone, with the files beside it, whatever the umask', async () => {
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const folder = temporaryFolder();
    const { notes } = await openNotes(join(folder, 'test.db'));
    await notes.add('secret');
    expect(readdirSync(folder).sort()).toEqual(['test.db', 'test.db-shm', 'test.db-wal']);
    for (const file of readdirSync(folder)) expect(mode(join(folder, file)), file).toBe('600');
  });

  it('loses a mode that was too wide', async () => {
    const path = join(temporaryFolder(), 'test.db');
    const first = await openNotes(path);
    await first.notes.add('a');
    await first.database.close();
    chmodSync(path, 0o644);
    const second = await openNotes(path);
    expect(await second.notes.list()).toEqual(['a']);
    expect(mode(path)).toBe('600');
  });

  it('that is no database is DATABASE_DAMAGED, and is left as it is', async () => {
    const path = join(temporaryFolder(), 'test.db');
    writeFileSync(path, 'this is not a database at all, but long enough to look like one to a reader'.repeat(20));
    await expect(openNotes(path)).rejects.toMatchObject({ code: 'DATABASE_DAMAGED' });
    expect(statSync(path).size).toBe(75 * 20);
  });

  it('with a damaged page is DATABASE_DAMAGED where the page is needed', async () => {
    const path = join(temporaryFolder(), 'test.db');
    const first = await openNotes(path);
    for (let number = 0; number < 30; number += 1) await first.notes.add('x'.repeat(2000));
    await first.database.close();
    const file = openSync(path, 'r+');
    // Everything behind the first page, which holds the schema.
    writeSync(file, Buffer.alloc(statSync(path).size - 4096, 0xa5), 0, undefined, 4096);
    closeSync(file);
    const database = openDatabase(path);
    onTestFinished(() => database.close());
    const notes = await database.service<NotesService>('notes', { module, options: 'read' });
    await expect(notes.list()).rejects.toMatchObject({ code: 'DATABASE_DAMAGED' });
  });

  it('in a folder that is missing, or that is a file’s place, is DATABASE_FAILED', async () => {
    const folder = temporaryFolder();
    await expect(openNotes(join(folder, 'missing', 'test.db'))).rejects.toMatchObject({ code: 'DATABASE_FAILED' });
    mkdirSync(join(folder, 'test.db'));
    await expect(openNotes(join(folder, 'test.db'))).rejects.toMatchObject({ code: 'DATABASE_FAILED' });
  });

  it('that another process keeps locked is DATABASE_BUSY for writing, still readable, and works again afterwards', async () => {
    const path = join(temporaryFolder(), 'test.db');
    const { database, notes } = await openNotes(path, { busyTimeoutMs: 50 });
    await notes.add('a');
    const { child } = await holdLock('database', path);
    await expect(notes.add('b')).rejects.toMatchObject({ code: 'DATABASE_BUSY' });
    const reading = await database.service<NotesService>('notes', { module, options: 'read' }, 'read');
    expect(await reading.list()).toEqual(['a']);
    await kill(child);
    await notes.add('c');
    expect(await reading.list()).toEqual(['a', 'c']);
  });

  it('keeps everything that was answered when the process is killed', async () => {
    const path = join(temporaryFolder(), 'test.db');
    const child = spawn(process.execPath, [noteWriter, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    let said = '';
    for await (const chunk of child.stdout) {
      said += chunk;
      if (said.split('\n').length > 20) child.kill('SIGKILL');
    }
    const answered = said.split('\n').slice(0, -1);
    expect(answered.length).toBeGreaterThanOrEqual(20);
    const { notes } = await openNotes(path);
    expect((await notes.list()).slice(0, answered.length)).toEqual(answered);
  });
});

describe('the lock on the data directory', () => {
  it('is refused to a second process at once, with the number of the first', async () => {
    const folder = temporaryFolder();
    const lock = lockDirectory(folder);
    onTestFinished(() => lock[Symbol.dispose]());
    const { said } = await holdLock('directory', folder);
    expect(said).toMatch(/^DATA_DIR_IN_USE: /);
    expect(said).toContain(`(process ${process.pid})`);
  });

  it('is refused within the same process, and given when it was released, which may be done twice', () => {
    const folder = temporaryFolder();
    const lock = lockDirectory(folder);
    expect(() => lockDirectory(folder)).toThrow(expect.objectContaining({ code: 'DATA_DIR_IN_USE' }));
    lock[Symbol.dispose]();
    lock[Symbol.dispose]();
    lockDirectory(folder)[Symbol.dispose]();
  });

  it('falls with the process that held it, however that ended', async () => {
    const folder = temporaryFolder();
    const { child, said } = await holdLock('directory', folder);
    expect(said).toBe('held\n');
    expect(() => lockDirectory(folder)).toThrow(expect.objectContaining({ code: 'DATA_DIR_IN_USE' }));
    await kill(child);
    lockDirectory(folder)[Symbol.dispose]();
  });

  it('says what is wrong where it is not another server', () => {
    const folder = temporaryFolder();
    expect(() => lockDirectory(join(folder, 'missing'))).toThrow(expect.objectContaining({ code: 'DATABASE_FAILED' }));
    writeFileSync(join(folder, 'lock'), 'no database '.repeat(100));
    expect(() => lockDirectory(folder)).toThrow(expect.objectContaining({ code: 'DATABASE_DAMAGED' }));
  });
});

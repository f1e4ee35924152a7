import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Operation } from '../../src/operations/operation.ts';
import { startTestEngine, submitOne } from '../fakes/engine.ts';
import { openTestJournal } from '../fakes/sqlite-journal.ts';
import { ToyKind } from '../fakes/toy-kind.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('a restart', () => {
  const stop = async (folder: string) => {
    const toy = new ToyKind();
    const { operations, close } = await startTestEngine([toy], { folder });
    const running = await submitOne(operations, 'a');
    const queued = [await submitOne(operations, 'b'), await submitOne(operations, 'c')];
    await toy.next();
    await close();
    return { running, queued };
  };
  /** The journal as a server that was killed leaves it: one operation RUNNING, two QUEUED. */
  const leaveRunning = async (folder: string, unwanted: readonly string[] = []) => {
    const { journal, close } = await openTestJournal(folder);
    const submit = async (id: string, subject: string) =>
      journal.submit(
        [{ kind: 'TOY', subjects: [subject], request: {}, message: 'Queued' }],
        { actor: 'tester' },
        { ids: [id], nodeId: 'node-1', host: 'here', atMs: 1 },
      );
    await submit('0001', 'a');
    await submit('0002', 'b');
    await submit('0003', 'c');
    await journal.transition({ id: '0001', from: 'QUEUED', to: 'RUNNING', atMs: 2 });
    for (const id of unwanted) await journal.note({ id, type: 'CANCEL_REQUESTED', atMs: 3 });
    await close();
  };

  it('starts nothing before it is known what becomes of all that ran', async () => {
    const folder = temporaryFolder();
    const { journal, close } = await openTestJournal(folder);
    for (const [id, subject] of [
      ['0001', 'a'],
      ['0002', 'b'],
    ] as const)
      await journal.submit(
        [{ kind: 'TOY', subjects: [subject], request: {}, message: 'Queued' }],
        { actor: 'tester' },
        { ids: [id], nodeId: 'node-1', host: 'here', atMs: 1 },
      );
    await journal.transition({ id: '0002', from: 'QUEUED', to: 'RUNNING', atMs: 2 });
    await close();
    class SlowToy extends ToyKind {
      startedBefore: number | undefined;
      override async recover(operation: Operation) {
        for (let turn = 0; turn < 50; turn += 1) await setImmediate();
        this.startedBefore = this.runs.length;
        return super.recover(operation);
      }
    }
    const toy = new SlowToy();
    await startTestEngine([toy], { folder });
    expect((await toy.next()).context.operation.id).toBe('0001');
    expect(toy.startedBefore).toBe(0);
  });

  it('leaves nothing RUNNING when it was orderly, and keeps the queue', async () => {
    const folder = temporaryFolder();
    const { running, queued } = await stop(folder);
    const toy = new ToyKind();
    const { operations } = await startTestEngine([toy], { folder });
    expect(await operations.get([running.id])).toMatchObject([{ state: 'FAILED', error: { code: 'INTERRUPTED' } }]);
    expect((await toy.next()).context.operation.id).toBe(queued[0]!.id);
    expect(toy.recovered).toEqual([]);
  });

  it.each([
    ['FAIL', { action: 'FAIL' }, { state: 'FAILED', error: { code: 'INTERRUPTED' } }],
    [
      'COMPLETE',
      { action: 'COMPLETE', result: { found: true }, message: 'Was done' },
      { state: 'COMPLETED', result: { found: true } },
    ],
    ['an error', new Error('cannot clean up'), { state: 'FAILED', error: { code: 'INTERRUPTED' } }],
  ] as const)('asks the kind what becomes of a RUNNING operation: %s', async (_, recovery, expected) => {
    const folder = temporaryFolder();
    await leaveRunning(folder);
    const toy = new ToyKind();
    toy.recovery = recovery;
    const { operations } = await startTestEngine([toy], { folder });
    expect(toy.recovered).toEqual(['0001']);
    expect(await operations.get(['0001'])).toMatchObject([expected]);
    expect((await toy.next()).context.operation.id).toBe('0002');
  });

  it('runs a requeued operation again', async () => {
    const folder = temporaryFolder();
    await leaveRunning(folder);
    const toy = new ToyKind({ parallel: 3 });
    toy.recovery = { action: 'REQUEUE' };
    const { operations } = await startTestEngine([toy], { folder });
    const order = [await toy.next(), await toy.next(), await toy.next()].map((run) => run.context.operation.id);
    expect(order.toSorted()).toEqual(['0001', '0002', '0003']);
    for (const run of toy.runs) run.finish();
    expect(await operations.settled('0001')).toMatchObject({ state: 'COMPLETED' });
  });

  it.each([
    ['name', { host: 'elsewhere' }],
    ['id', { nodeId: 'node-2' }],
  ])('works on the operations of this data directory under another %s', async (_, changed) => {
    const folder = temporaryFolder();
    await leaveRunning(folder);
    const toy = new ToyKind();
    const { operations } = await startTestEngine([toy], { folder, ...changed });
    expect(await operations.get(['0001', '0002'])).toMatchObject([{ state: 'FAILED', ...changed }, changed]);
    expect((await toy.next()).context.operation.id).toBe('0002');
  });

  it('cancels what was to be cancelled before the server ended, instead of running it again', async () => {
    const folder = temporaryFolder();
    await leaveRunning(folder, ['0001', '0002']);
    const toy = new ToyKind();
    toy.recovery = { action: 'REQUEUE' };
    const { operations } = await startTestEngine([toy], { folder });
    for (const id of ['0001', '0002']) {
      expect(await operations.get([id])).toMatchObject([{ state: 'CANCELLED', error: { code: 'CANCELLED' } }]);
    }
    expect((await toy.next()).context.operation.id).toBe('0003');
    expect(toy.recovered).toEqual(['0001']);
  });

  it('takes no new work while it stops', async () => {
    const toy = new ToyKind();
    const { operations } = await startTestEngine([toy]);
    await operations.close();
    await expect(submitOne(operations, 'a')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});

import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import type { ErrorCode } from '../../src/domain/error-catalogue.ts';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import type { OperationState } from '../../src/domain/operation-state.ts';
import type { Journal } from '../../src/operations/journal.ts';
import type { Operation } from '../../src/operations/operation.ts';
import { startTestEngine, submitOne } from '../fakes/engine.ts';
import { fail, keep } from '../fakes/kept-effects.ts';
import { openTestJournal } from '../fakes/sqlite-journal.ts';
import { ToyKind } from '../fakes/toy-kind.ts';

describe('the engine', () => {
  it('runs in the order of submission, as many at once as the kind allows', async () => {
    const toy = new ToyKind({ parallel: 2 });
    const { operations } = await startTestEngine([toy]);
    const ids: string[] = [];
    for (const subject of ['a', 'b', 'c', 'd']) ids.push((await submitOne(operations, subject)).id);
    const [a, b] = [await toy.next(), await toy.next()];
    expect([a.context.operation.id, b.context.operation.id]).toEqual(ids.slice(0, 2));
    expect(toy.runs).toHaveLength(2);
    b.finish();
    expect((await toy.next()).context.operation.id).toBe(ids[2]);
    expect((await operations.get([ids[3]!]))[0]?.state).toBe('QUEUED');
    a.finish();
    expect((await toy.next()).context.operation.id).toBe(ids[3]);
  });

  it('completes with result, message and effects', async () => {
    const toy = new ToyKind();
    const { operations, kept } = await startTestEngine([toy]);
    const { id } = await submitOne(operations, 'a');
    (await toy.next()).finish({ result: { size: 3 }, effects: [keep.of({ id })] });
    expect(await operations.settled(id)).toMatchObject({ state: 'COMPLETED', result: { size: 3 }, message: 'Made' });
    expect(await kept()).toEqual([{ id }]);
  });

  it('measures how long a run took by a clock that nobody sets, unless the run says it itself', async () => {
    const toy = new ToyKind();
    let now = 0;
    const { operations } = await startTestEngine([toy], { now: () => (now += 3 * 86_400_000) });
    const measured = await submitOne(operations, 'a');
    (await toy.next()).finish();
    const { durationMs } = await operations.settled(measured.id);
    expect(durationMs).toBeGreaterThan(0);
    expect(durationMs).toBeLessThan(60_000);
    const said = await submitOne(operations, 'b');
    (await toy.next()).finish({ durationMs: 7 });
    expect(await operations.settled(said.id)).toMatchObject({ durationMs: 7 });
    const failed = await submitOne(operations, 'c');
    (await toy.next()).fail(new MemoirError('GUEST_GONE', 'gone'));
    expect((await operations.settled(failed.id)).durationMs).toBeLessThan(60_000);
  });

  it('fails with the handler’s code, and with INTERNAL for what nobody expected', async () => {
    const toy = new ToyKind();
    const { operations, complaints } = await startTestEngine([toy]);
    const expected = await submitOne(operations, 'a');
    (await toy.next()).fail(new MemoirError('GUEST_GONE', 'the guest ended'));
    expect(await operations.settled(expected.id)).toMatchObject({
      state: 'FAILED',
      message: 'The guest ended',
      error: { code: 'GUEST_GONE' },
    });
    expect(complaints).toEqual([]);
    const unexpected = await submitOne(operations, 'a');
    (await toy.next()).fail(new TypeError('x is not a function'));
    expect(await operations.settled(unexpected.id)).toMatchObject({ state: 'FAILED', error: { code: 'INTERNAL' } });
    expect(complaints).toHaveLength(1);
  });

  it('cancels what is queued at once, and what runs through its signal', async () => {
    const toy = new ToyKind();
    const { operations } = await startTestEngine([toy]);
    const running = await submitOne(operations, 'a');
    const queued = await submitOne(operations, 'b');
    await toy.next();
    expect(await operations.cancel(queued.id, 'ann')).toMatchObject({ state: 'CANCELLED' });
    expect(await operations.cancel(running.id, 'ann')).toMatchObject({ state: 'RUNNING', cancelRequested: true });
    expect(await operations.settled(running.id)).toMatchObject({ state: 'CANCELLED', error: { code: 'CANCELLED' } });
    await expect(operations.cancel(running.id, 'ann')).rejects.toMatchObject({ code: 'ALREADY_FINISHED' });
    await expect(operations.cancel('nobody', 'ann')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(toy.runs).toHaveLength(1);
  });

  it('ends what stalls: repeating a number is no movement, a growing one is', async () => {
    const toy = new ToyKind({ stallTimeoutMs: 150, parallel: 2 });
    const { operations } = await startTestEngine([toy]);
    const stalled = await submitOne(operations, 'a');
    const moving = await submitOne(operations, 'b');
    const [a, b] = [await toy.next(), await toy.next()];
    let bytes = 0;
    const timer = setInterval(() => {
      a.context.progress({ doneBytes: 5, totalBytes: 10 });
      b.context.progress({ doneBytes: ++bytes, totalBytes: null });
    }, 20);
    expect(await operations.settled(stalled.id)).toMatchObject({ state: 'FAILED', error: { code: 'STALLED' } });
    expect((await operations.get([moving.id]))[0]?.state).toBe('RUNNING');
    clearInterval(timer);
    expect(await operations.settled(moving.id)).toMatchObject({ error: { code: 'STALLED' } });
  });

  it('takes for movement what comes in before anything is done, and what a kind has seen move', async () => {
    const toy = new ToyKind({ stallTimeoutMs: 150, parallel: 3 });
    const { operations } = await startTestEngine([toy]);
    const [a, b, c] = [
      await submitOne(operations, 'a'),
      await submitOne(operations, 'b'),
      await submitOne(operations, 'c'),
    ];
    const [receiving, seen, silent] = [await toy.next(), await toy.next(), await toy.next()];
    silent.context.setLimits({ stallTimeoutMs: 400, timeoutMs: 0 });
    let receivedBytes = 0;
    const timer = setInterval(() => {
      receiving.context.progress({ doneBytes: 0, totalBytes: 10, receivedBytes: ++receivedBytes });
      seen.context.moved();
    }, 20);
    expect(await operations.settled(c.id)).toMatchObject({
      error: { code: 'STALLED', message: expect.stringContaining('0.4 s') },
    });
    const both = await operations.get([a.id, b.id]);
    expect(both.map((operation) => operation?.state)).toEqual(['RUNNING', 'RUNNING']);
    clearInterval(timer);
    expect(await operations.settled(a.id)).toMatchObject({ error: { code: 'STALLED' } });
    expect(await operations.settled(b.id)).toMatchObject({ error: { code: 'STALLED' } });
  });

  it('ends what takes too long in all', async () => {
    const toy = new ToyKind({ timeoutMs: 50 });
    const { operations } = await startTestEngine([toy]);
    const { id } = await submitOne(operations, 'a');
    expect(await operations.settled(id)).toMatchObject({ state: 'FAILED', error: { code: 'TIMED_OUT' } });
  });

  it('lets a run have more time than a timer can count', async () => {
    const [patient, hurried] = [
      new ToyKind({ kind: 'PATIENT', timeoutMs: 2 ** 35, stallTimeoutMs: 2 ** 35 }),
      new ToyKind({ timeoutMs: 20 }),
    ];
    const { operations } = await startTestEngine([patient, hurried]);
    const { id } = await submitOne(operations, 'a', 'PATIENT');
    await patient.next();
    expect(await operations.settled((await submitOne(operations, 'b')).id)).toMatchObject({
      error: { code: 'TIMED_OUT' },
    });
    expect(await operations.get([id])).toMatchObject([{ state: 'RUNNING' }]);
  });

  it('takes a kind it has never seen without a change of its own', async () => {
    const toy = new ToyKind();
    const volumes = new ToyKind({ kind: 'VOLUME_ATTACH', parallel: 3 });
    const { operations } = await startTestEngine([toy, volumes]);
    await submitOne(operations, 'vm:a');
    const { id } = await submitOne(operations, 'volume:a', 'VOLUME_ATTACH');
    const run = await volumes.next();
    await run.context.phase('attaching', 'Attaching the device');
    run.finish();
    expect(await operations.settled(id)).toMatchObject({
      kind: 'VOLUME_ATTACH',
      state: 'COMPLETED',
      phase: 'attaching',
    });
    await expect(submitOne(operations, 'x', 'NO_SUCH_KIND')).rejects.toThrow();
  });

  it('runs operations that wait their turn one after the other, in their order, and cancels one that waits', async () => {
    const toy = new ToyKind({ parallel: 5 });
    const { operations } = await startTestEngine([toy]);
    const submit = (volume: string) =>
      operations.submitOne(
        { kind: 'TOY', subjects: [volume, 'vm'], inTurn: ['vm'], request: {}, message: 'Queued' },
        { actor: 'tester' },
      );
    const [first, second, third] = [await submit('a'), await submit('b'), await submit('c')];
    const free = await submitOne(operations, 'another');
    const runs = [await toy.next(), await toy.next()];
    expect(runs.map(({ context }) => context.operation.id)).toEqual([first.id, free.id]);
    await operations.cancel(second.id, 'tester');
    runs[0]?.finish();
    expect((await toy.next()).context.operation.id).toBe(third.id);
    expect(toy.runs).toHaveLength(3);
  });

  it('names the active operation to whoever submits a single one on the same subject', async () => {
    const { operations } = await startTestEngine([new ToyKind()]);
    const active = await submitOne(operations, 'a');
    await expect(submitOne(operations, 'a')).rejects.toMatchObject({
      code: 'ALREADY_ACTIVE',
      message: 'the toy is being played with',
      details: { active: active.id },
    });
  });

  it('gives a handler its request as the kind’s type reads it, and fails an operation whose request cannot be read', async () => {
    const toy = new ToyKind({ request: z.object({ subject: z.string(), times: z.number().default(3) }) });
    const { operations } = await startTestEngine([toy]);
    await submitOne(operations, 'a');
    expect((await toy.next()).context.request).toEqual({ subject: 'a', times: 3 });
    toy.runs[0]?.finish();
    const [unread] = await operations.submit([{ kind: 'TOY', subjects: ['b'], request: 'nonsense', message: '' }], {
      actor: 'tester',
    });
    const { id } = (unread as { operation: Operation }).operation;
    expect(await operations.settled(id)).toMatchObject({ state: 'FAILED', error: { code: 'INTERNAL' } });
    expect(toy.runs).toHaveLength(1);
  });

  /** An engine whose journal refuses so many transitions into a state. */
  async function startRefusing(to: OperationState, refusals: number, code: ErrorCode) {
    const fixture = await openTestJournal();
    onTestFinished(() => fixture.close());
    const toy = new ToyKind();
    let left = refusals;
    const journal: Journal = {
      ...fixture.journal,
      transition: (step) =>
        step.to === to && left-- > 0
          ? Promise.reject(new MemoirError(code, 'not now'))
          : fixture.journal.transition(step),
    };
    const { operations, complaints, close } = await startTestEngine([toy], { journal });
    return { toy, operations, complaints, close };
  }

  it.each(['DATABASE_BUSY', 'NO_SPACE'] as const)(
    'tries again to start what the journal could not take: %s',
    async (code) => {
      const { toy, operations, complaints } = await startRefusing('RUNNING', 2, code);
      const first = await submitOne(operations, 'a');
      await submitOne(operations, 'b');
      expect((await toy.next()).context.operation.id).toBe(first.id);
      expect(complaints).toHaveLength(2);
    },
  );

  it('cancels what waits to be started again', async () => {
    const { operations, complaints } = await startRefusing('RUNNING', Number.POSITIVE_INFINITY, 'NO_SPACE');
    const { id } = await submitOne(operations, 'a');
    await expect.poll(() => complaints.length).toBeGreaterThan(0);
    await operations.cancel(id, 'ann');
    expect(await operations.settled(id)).toMatchObject({ state: 'CANCELLED' });
    await submitOne(operations, 'a');
  });

  it('fails what can never be started, and frees its subject', async () => {
    const { operations } = await startRefusing('RUNNING', 1, 'DATABASE_DAMAGED');
    const { id } = await submitOne(operations, 'a');
    expect(await operations.settled(id)).toMatchObject({ state: 'FAILED', error: { code: 'DATABASE_DAMAGED' } });
    await submitOne(operations, 'a');
  });

  it('tries again to write an end that the journal could not take', async () => {
    const { toy, operations, complaints } = await startRefusing('COMPLETED', 2, 'DATABASE_BUSY');
    const { id } = await submitOne(operations, 'a');
    (await toy.next()).finish();
    expect(await operations.settled(id)).toMatchObject({ state: 'COMPLETED' });
    expect(complaints).toHaveLength(2);
  });

  it('tries no further while it closes: the next start’s recovery says how it ended', async () => {
    const { toy, operations, complaints, close } = await startRefusing(
      'COMPLETED',
      Number.POSITIVE_INFINITY,
      'NO_SPACE',
    );
    const { id } = await submitOne(operations, 'a');
    (await toy.next()).finish();
    await expect.poll(() => complaints.length).toBeGreaterThan(0);
    await close();
    const tries = complaints.length;
    expect(await operations.get([id])).toMatchObject([{ state: 'RUNNING' }]);
    expect(complaints).toHaveLength(tries);
  });

  it.each(['NO_SPACE', 'DATABASE_DAMAGED'] as const)(
    'leaves to the next start what it could not start while it closed: %s',
    async (code) => {
      const fixture = await openTestJournal();
      onTestFinished(() => fixture.close());
      const toy = new ToyKind();
      const asked = Promise.withResolvers<void>();
      const answer = Promise.withResolvers<never>();
      const journal: Journal = {
        ...fixture.journal,
        transition(step) {
          if (step.to !== 'RUNNING') return fixture.journal.transition(step);
          asked.resolve();
          return answer.promise;
        },
      };
      const { operations, complaints, close } = await startTestEngine([toy], { journal });
      const { id } = await submitOne(operations, 'a');
      await asked.promise;
      const closed = close();
      answer.reject(new MemoirError(code, 'not now'));
      await closed;
      expect(await fixture.journal.get([id])).toMatchObject([{ state: 'QUEUED', error: null }]);
      expect(complaints).toHaveLength(1);
    },
  );

  it('frees the subject when an end can never be written', async () => {
    const toy = new ToyKind();
    const { operations } = await startTestEngine([toy]);
    const { id } = await submitOne(operations, 'a');
    (await toy.next()).finish({ effects: [fail.of(null)] });
    expect(await operations.settled(id)).toMatchObject({ state: 'FAILED', error: { code: 'INTERNAL' } });
    await submitOne(operations, 'a');
  });
});

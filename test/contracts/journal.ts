// Long: one suite of one contract; what belongs to a transaction is read together.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIdSource } from '../../src/domain/id.ts';
import type { Acceptance, Journal, OperationQuery } from '../../src/operations/journal.ts';
import type { Submission, SubmitContext } from '../../src/operations/submission.ts';

export interface JournalFixture {
  readonly journal: Journal;
  /** What the effect `test.keep` was given, in transactions that were committed. */
  kept(): Promise<unknown[]>;
  close(): Promise<void>;
}

/** What every journal must do. The fixture's journal knows two effects: `test.keep`, which keeps its payload, and `test.throw`. */
export function journalSuite(name: string, create: () => Promise<JournalFixture>): void {
  describe(`journal: ${name}`, () => {
    let fixture: JournalFixture;
    let journal: Journal;
    const createId = createIdSource();
    const context: SubmitContext = { actor: 'tester' };
    const acceptance = (count = 1): Acceptance => ({
      ids: Array.from({ length: count }, createId),
      nodeId: 'node-1',
      host: 'here',
      atMs: 1000,
    });
    const submission = (subject: string, more: Partial<Submission> = {}): Submission => ({
      kind: 'DUMP',
      subjects: [subject],
      request: { what: subject },
      message: 'Queued',
      ...more,
    });
    const accept = async (subject: string, more: Partial<Submission> = {}) => {
      const { outcomes } = await journal.submit([submission(subject, more)], context, acceptance());
      const outcome = outcomes[0];
      if (outcome?.type !== 'ACCEPTED') throw new Error(`not accepted: ${outcome?.type}`);
      return outcome.operation;
    };
    const finish = async (id: string) => {
      await journal.transition({ id, from: 'QUEUED', to: 'RUNNING', atMs: 2000 });
      return journal.transition({ id, from: 'RUNNING', to: 'COMPLETED', atMs: 3000, result: { ok: true } });
    };

    beforeEach(async () => {
      fixture = await create();
      journal = fixture.journal;
    });
    afterEach(() => fixture.close());

    it('accepts an operation as QUEUED, with an event', async () => {
      const { ids, ...rest } = acceptance();
      const id = ids[0]!;
      const { outcomes, events, repeated } = await journal.submit([submission('vm:a')], context, { ids, ...rest });
      expect(repeated).toBe(false);
      expect(outcomes).toMatchObject([
        { type: 'ACCEPTED', operation: { id, state: 'QUEUED', actor: 'tester', host: 'here' } },
      ]);
      expect(events).toMatchObject([{ seq: 1, operationId: id, type: 'QUEUED', state: 'QUEUED', atMs: 1000 }]);
      expect(await journal.get([id, 'nobody'])).toMatchObject([{ request: { what: 'vm:a' }, seq: 1 }, null]);
    });

    it('lets one of fifty simultaneous submissions for a subject through, and names it to the others', async () => {
      const results = await Promise.all(
        Array.from({ length: 50 }, () => journal.submit([submission('vm:a')], context, acceptance())),
      );
      const outcomes = results.flatMap((result) => result.outcomes);
      const accepted = outcomes.filter((outcome) => outcome.type === 'ACCEPTED');
      expect(accepted).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.type === 'ALREADY_ACTIVE') expect(outcome.active.id).toBe(accepted[0]?.operation.id);
      }
      expect(outcomes.filter((outcome) => outcome.type === 'ALREADY_ACTIVE')).toHaveLength(49);
    });

    it('excludes by subject within one batch, and frees the subject when the operation is over', async () => {
      const { outcomes } = await journal.submit(
        [submission('vm:a'), submission('vm:a'), submission('vm:b')],
        context,
        acceptance(3),
      );
      expect(outcomes.map((outcome) => outcome.type)).toEqual(['ACCEPTED', 'ALREADY_ACTIVE', 'ACCEPTED']);
      const [first] = await journal.active();
      await finish(first!.id);
      expect((await journal.submit([submission('vm:a')], context, acceptance())).outcomes[0]?.type).toBe('ACCEPTED');
    });

    it('excludes by every subject of an operation, and finds it by each', async () => {
      const change = await accept('vm:a', { kind: 'VOLUME', subjects: ['vm:a', 'volume:x', 'vm:a'] });
      expect(change).toMatchObject({ subject: 'vm:a', subjects: ['vm:a', 'volume:x', 'vm:a'] });
      for (const subjects of [['vm:a'], ['volume:x'], ['vm:b', 'volume:x']] as const) {
        const { outcomes } = await journal.submit([submission('', { subjects })], context, acceptance());
        expect(outcomes).toMatchObject([{ type: 'ALREADY_ACTIVE', active: { id: change.id } }]);
      }
      await accept('vm:b');
      expect((await journal.page({ limit: 9, subjects: ['volume:x'] })).operations).toMatchObject([{ id: change.id }]);
      await finish(change.id);
      await accept('volume:x');
    });

    it('lets operations share a subject for which all of them wait their turn, and no other', async () => {
      const turn = (volume: string) => ({ subjects: [volume, 'vm:a'], inTurn: ['vm:a'] }) as const;
      const first = await accept('', turn('volume:x'));
      const second = await accept('', turn('volume:y'));
      const refused = async (more: Partial<Submission>) =>
        (await journal.submit([submission('vm:a', more)], context, acceptance())).outcomes;
      const byFirst = [{ type: 'ALREADY_ACTIVE', active: { id: first.id } }];
      expect(await refused({})).toMatchObject(byFirst);
      expect(await refused({ subjects: ['volume:z', 'vm:a'] })).toMatchObject(byFirst);
      expect(await refused(turn('volume:x'))).toMatchObject(byFirst);
      await finish(first.id);
      expect(await refused({})).toMatchObject([{ type: 'ALREADY_ACTIVE', active: { id: second.id } }]);
      await finish(second.id);
      const alone = await accept('vm:a');
      expect(await refused(turn('volume:x'))).toMatchObject([{ type: 'ALREADY_ACTIVE', active: { id: alone.id } }]);
    });

    it('gives all active operations to the server that adopts them, and no others', async () => {
      const done = await accept('vm:a');
      await finish(done.id);
      const queued = await accept('vm:b');
      const node = { nodeId: 'node-2', host: 'there' };
      expect(await journal.adopt(node)).toBe(1);
      expect(await journal.adopt(node)).toBe(0);
      expect(await journal.get([done.id, queued.id])).toMatchObject([{ nodeId: 'node-1', host: 'here' }, node]);
    });

    it('refuses what exceeds the queue, and nothing else of the batch', async () => {
      const batch = [submission('vm:a'), submission('vm:b'), submission('vm:c')];
      const { outcomes } = await journal.submit(batch, context, { ...acceptance(3), queueLimit: 2 });
      expect(outcomes.map((outcome) => outcome.type)).toEqual(['ACCEPTED', 'ACCEPTED', 'QUEUE_FULL']);
    });

    it('gives the same operations for the same idempotency key, and refuses the key for another request', async () => {
      await accept('vm:b');
      const keyed = { ...context, idempotencyKey: 'k', fingerprint: 'a+b' };
      const first = await journal.submit([submission('vm:a'), submission('vm:b')], keyed, acceptance(2));
      await finish((first.outcomes[0] as { operation: { id: string } }).operation.id);
      const again = await journal.submit([submission('vm:a'), submission('vm:b')], keyed, acceptance(2));
      expect(again.repeated).toBe(true);
      expect(again.events).toEqual([]);
      expect(again.outcomes.map((outcome) => outcome.type)).toEqual(['ACCEPTED', 'ALREADY_ACTIVE']);
      expect(again.outcomes[0]).toMatchObject({ operation: { state: 'COMPLETED' } });
      await expect(
        journal.submit([submission('vm:c')], { ...keyed, fingerprint: 'c' }, acceptance()),
      ).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
      expect(await journal.page({ limit: 10 })).toMatchObject({ totalCount: 2 });
    });

    it('keeps no key of a request of which nothing was accepted: once more is a new request', async () => {
      const { id } = await accept('vm:a');
      const submit = () => journal.submit([submission('vm:a')], { ...context, idempotencyKey: 'k' }, acceptance());
      expect((await submit()).outcomes).toMatchObject([{ type: 'ALREADY_ACTIVE' }]);
      await finish(id);
      expect(await submit()).toMatchObject({ repeated: false, outcomes: [{ type: 'ACCEPTED' }] });
    });

    it('remembers an idempotency key for a week', async () => {
      const weekMs = 7 * 86_400_000;
      const submit = async (atMs: number) =>
        journal.submit([submission('vm:a')], { ...context, idempotencyKey: 'k' }, { ...acceptance(), atMs });
      const [first] = (await submit(1000)).outcomes;
      await finish((first as { operation: { id: string } }).operation.id);
      expect((await submit(1000 + weekMs)).repeated).toBe(true);
      expect((await submit(1001 + weekMs)).repeated).toBe(false);
    });

    it('follows the transition table and refuses every other step, changing nothing', async () => {
      const { id } = await accept('vm:a');
      await expect(journal.transition({ id, from: 'QUEUED', to: 'COMPLETED', atMs: 2 })).rejects.toThrow();
      await expect(journal.transition({ id, from: 'RUNNING', to: 'COMPLETED', atMs: 2 })).rejects.toThrow();
      await expect(journal.transition({ id: 'nobody', from: 'QUEUED', to: 'RUNNING', atMs: 2 })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      expect(await journal.bounds()).toEqual({ first: 1, last: 1 });
      const { operation, event } = await finish(id);
      expect(operation).toMatchObject({
        state: 'COMPLETED',
        startedAtMs: 2000,
        finishedAtMs: 3000,
        result: { ok: true },
        seq: 3,
      });
      expect(event).toMatchObject({ seq: 3, type: 'COMPLETED' });
      await expect(journal.transition({ id, from: 'RUNNING', to: 'FAILED', atMs: 4 })).rejects.toMatchObject({
        code: 'ALREADY_FINISHED',
      });
    });

    it('keeps the error of a failed operation, and starts a requeued one afresh', async () => {
      const { id } = await accept('vm:a');
      await journal.transition({ id, from: 'QUEUED', to: 'RUNNING', atMs: 2 });
      await journal.note({ id, type: 'PHASE', phase: 'capturing', message: 'Reading', atMs: 3 });
      const requeued = await journal.transition({ id, from: 'RUNNING', to: 'QUEUED', atMs: 4 });
      expect(requeued).toMatchObject({
        operation: { state: 'QUEUED', phase: null, startedAtMs: null },
        event: { type: 'REQUEUED' },
      });
      await journal.transition({ id, from: 'QUEUED', to: 'RUNNING', atMs: 5 });
      const error = { code: 'STALLED', message: 'no byte', hint: 'look', details: { offset: 7 } } as const;
      const failed = await journal.transition({ id, from: 'RUNNING', to: 'FAILED', atMs: 6, error });
      expect(failed.event.payload).toEqual({ code: 'STALLED', message: 'no byte' });
      expect(await journal.get([id])).toMatchObject([{ state: 'FAILED', error, finishedAtMs: 6 }]);
    });

    it('notes phases, wishes and later facts', async () => {
      const { id } = await accept('vm:a');
      const phase = await journal.note({ id, type: 'PHASE', phase: 'planning', message: 'Planning', atMs: 2 });
      expect(phase).toMatchObject({
        operation: { phase: 'planning', message: 'Planning' },
        event: { type: 'PHASE', phase: 'planning' },
      });
      const wish = await journal.note({ id, type: 'CANCEL_REQUESTED', message: 'please', atMs: 3 });
      expect(wish.operation).toMatchObject({ cancelRequested: true, message: 'Planning' });
      await finish(id);
      expect((await journal.note({ id, type: 'NOTED', message: 'deleted', atMs: 4 })).operation.state).toBe(
        'COMPLETED',
      );
      await accept('vm:b');
      const told = await journal.eventsOf(id, 10);
      expect(told.map(({ type }) => type)).toEqual([
        'QUEUED',
        'PHASE',
        'CANCEL_REQUESTED',
        'STARTED',
        'COMPLETED',
        'NOTED',
      ]);
      expect(await journal.eventsOf(id, 2)).toEqual(told.slice(0, 2));
      await expect(journal.note({ id, type: 'CANCEL_REQUESTED', atMs: 5 })).rejects.toMatchObject({
        code: 'ALREADY_FINISHED',
      });
    });

    it('commits a transition with its effects or not at all', async () => {
      const { id } = await accept('vm:a');
      await journal.transition({ id, from: 'QUEUED', to: 'RUNNING', atMs: 2 });
      const keep = { type: 'test.keep', payload: { id } };
      const done = { id, from: 'RUNNING', to: 'COMPLETED', atMs: 3 } as const;
      await expect(
        journal.transition({ ...done, effects: [keep, { type: 'test.throw', payload: null }] }),
      ).rejects.toThrow();
      await expect(
        journal.transition({ ...done, effects: [keep, { type: 'unknown', payload: null }] }),
      ).rejects.toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('unknown') });
      expect(await fixture.kept()).toEqual([]);
      expect(await journal.get([id])).toMatchObject([{ state: 'RUNNING' }]);
      expect(await journal.bounds()).toMatchObject({ last: 2 });
      await journal.transition({ ...done, effects: [keep] });
      expect(await fixture.kept()).toEqual([{ id }]);
    });

    it('numbers events without gap or reordering, also under simultaneous writers', async () => {
      await Promise.all(Array.from({ length: 40 }, async (_, index) => finish((await accept(`vm:${index}`)).id)));
      const events = [...(await journal.events(0, 100)), ...(await journal.events(100, 100))];
      expect(events.map((event) => event.seq)).toEqual(Array.from({ length: 120 }, (_, index) => index + 1));
      expect(await journal.bounds()).toEqual({ first: 1, last: 120 });
      expect(await journal.events(118, 1)).toHaveLength(1);
      expect(await journal.events(120, 1)).toEqual([]);
    });

    it('refuses to read events without a limit', async () => {
      for (const limit of [0, -1, 1.5]) {
        await expect(journal.events(0, limit)).rejects.toThrow();
        await expect(journal.eventsOf('any', limit)).rejects.toThrow();
      }
    });

    it('pages from the newest, both ways, stable while operations arrive', async () => {
      const ids: string[] = [];
      for (let index = 0; index < 7; index += 1) ids.unshift((await accept(`vm:${index}`)).id);
      const first = await journal.page({ limit: 3 });
      expect(first.operations.map(({ id }) => id)).toEqual(ids.slice(0, 3));
      expect(first).toMatchObject({ hasNext: true, hasPrevious: false, totalCount: 7 });
      await accept('vm:new');
      const second = await journal.page({ limit: 3, afterId: ids[2]! });
      expect(second.operations.map(({ id }) => id)).toEqual(ids.slice(3, 6));
      const back = await journal.page({ limit: 2, beforeId: ids[3]! });
      expect(back.operations.map(({ id }) => id)).toEqual(ids.slice(1, 3));
      expect(back.hasPrevious).toBe(true);
      const last = await journal.page({ limit: 3, afterId: ids[5]! });
      expect(last).toMatchObject({ hasNext: false });
      expect(last.operations.map(({ id }) => id)).toEqual(ids.slice(6));
      await expect(journal.page({ limit: 0 })).rejects.toMatchObject({ code: 'BAD_INPUT' });
      await expect(journal.page({ limit: 1001 })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    });

    it('filters pages and counts by kind and state', async () => {
      const done = await accept('vm:a');
      await finish(done.id);
      await accept('vm:b');
      await accept('volume:c', { kind: 'VOLUME' });
      expect((await journal.page({ limit: 9, kind: 'DUMP' })).totalCount).toBe(2);
      expect((await journal.page({ limit: 9, states: ['QUEUED'] })).totalCount).toBe(2);
      expect(
        (await journal.page({ limit: 9, states: ['QUEUED'], kind: 'DUMP', subjects: ['vm:b', 'vm:x'] })).totalCount,
      ).toBe(1);
      expect(await journal.tally()).toEqual([
        { kind: 'DUMP', state: 'COMPLETED', count: 1 },
        { kind: 'DUMP', state: 'QUEUED', count: 1 },
        { kind: 'VOLUME', state: 'QUEUED', count: 1 },
      ]);
    });

    it('keeps how long an operation ran as it was measured, whatever the clock said', async () => {
      const { id } = await accept('vm:a');
      await journal.transition({ id, from: 'QUEUED', to: 'RUNNING', atMs: 1 });
      const done = { id, from: 'RUNNING', to: 'COMPLETED', atMs: 3 * 86_400_000, durationMs: 1234.5 } as const;
      expect((await journal.transition(done)).operation).toMatchObject({ durationMs: 1234.5 });
      expect(await journal.get([id])).toMatchObject([{ durationMs: 1234.5 }]);
    });

    it('pages by several states and subjects as by one, both ways, and counts each operation once', async () => {
      const ids: string[] = [];
      for (let index = 0; index < 12; index += 1) {
        const subjects = [`vm:${index % 3}-${index}`, `volume:${index % 2}-${index}`] as const;
        const { id } = await accept('', { subjects, kind: index % 4 === 0 ? 'VOLUME' : 'DUMP' });
        if (index % 2 === 0) await finish(id);
        ids.unshift(id);
      }
      const all = { states: ['QUEUED', 'COMPLETED'], limit: 5 } as const;
      const idsOf = async (query: OperationQuery) => (await journal.page(query)).operations.map(({ id }) => id);
      expect(await idsOf(all)).toEqual(ids.slice(0, 5));
      expect(await idsOf({ ...all, afterId: ids[4]! })).toEqual(ids.slice(5, 10));
      expect(await idsOf({ ...all, beforeId: ids[8]! })).toEqual(ids.slice(3, 8));
      expect(await journal.page({ ...all, kind: 'VOLUME' })).toMatchObject({ totalCount: 3, hasNext: false });
      expect(await journal.page({ states: [], limit: 5 })).toMatchObject({ operations: [], totalCount: 0 });

      const subjects = ['vm:0-0', 'volume:0-0', 'vm:1-1', 'vm:2-2', 'volume:1-3', 'vm:nobody'];
      const named = ids.slice(-4);
      expect(await journal.page({ subjects, limit: 9 })).toMatchObject({ totalCount: 4 });
      expect(await idsOf({ subjects, limit: 9 })).toEqual(named);
      expect(await idsOf({ subjects, limit: 2, afterId: named[0]! })).toEqual(named.slice(1, 3));
      expect(await idsOf({ subjects, limit: 2, beforeId: named[3]! })).toEqual(named.slice(1, 3));
      expect(await idsOf({ subjects, limit: 9, states: ['QUEUED', 'RUNNING'] })).toEqual([named[0], named[2]]);
      expect(await idsOf({ subjects, limit: 9, states: ['QUEUED', 'COMPLETED'], kind: 'VOLUME' })).toEqual([named[3]]);
    });

    it('can be asked to write', async () => {
      await journal.probe();
      await journal.probe();
    });

    it('keeps hostile text as it is', async () => {
      const hostile = `x'; DROP TABLE operations; --\u0000\n"\u202e😀`;
      const { id } = await accept(hostile, { message: hostile, request: { hostile } });
      expect(await journal.get([id])).toMatchObject([{ subject: hostile, message: hostile, request: { hostile } }]);
    });
  });
}

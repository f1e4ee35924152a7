import { describe, expect, it } from 'vitest';
import { EventLog } from '../../src/operations/event-log.ts';
import type { OperationEvent } from '../../src/operations/operation.ts';
import type { EventItem, LiveOperation } from '../../src/operations/operations.ts';
import { startTestEngine, submitOne } from '../fakes/engine.ts';
import { ToyKind } from '../fakes/toy-kind.ts';

async function take<T>(stream: AsyncIterableIterator<T>, count: number): Promise<T[]> {
  const items: T[] = [];
  while (items.length < count) {
    const next = await stream.next();
    if (next.done) break;
    items.push(next.value);
  }
  return items;
}
const seqs = (items: EventItem[]) => items.map((item) => (item.type === 'EVENT' ? item.event.seq : item));

describe('events', () => {
  it('replay and go on live, without gap or duplicate, from any cursor', async () => {
    const toy = new ToyKind({ parallel: 100 });
    const { operations } = await startTestEngine([toy]);
    const early = operations.watchEvents(0);
    for (let index = 0; index < 10; index += 1) {
      const { id } = await submitOne(operations, `s${index}`);
      (await toy.next()).finish();
      await operations.settled(id);
    }
    const late = operations.watchEvents(7);
    const live = submitOne(operations, 'last');
    expect(seqs(await take(early, 32))).toEqual(Array.from({ length: 32 }, (_, index) => index + 1));
    expect(seqs(await take(late, 25))).toEqual(Array.from({ length: 25 }, (_, index) => index + 8));
    await live;
  });

  it('refuse a cursor from the future', async () => {
    const { operations } = await startTestEngine([new ToyKind()]);
    expect(() => operations.watchEvents(5)).toThrow(expect.objectContaining({ code: 'BAD_CURSOR' }));
    expect(() => operations.watchEvents(-1)).toThrow(expect.objectContaining({ code: 'BAD_CURSOR' }));
  });

  it('end at once for a subscriber who leaves while nothing happens', async () => {
    const { operations } = await startTestEngine([new ToyKind()]);
    const stream = operations.watchEvents(0);
    const waiting = stream.next();
    await stream.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  const event = (seq: number) => ({ seq }) as OperationEvent;

  it('say LAGGED where the journal was pruned, and go on behind the gap', async () => {
    const log = new EventLog(
      {
        events: async (after) => (after < 10 ? [event(8), event(9), event(10)] : []),
        bounds: async () => ({ first: 8, last: 10 }),
      },
      { first: 8, last: 10 },
    );
    const stream = log.watch(0);
    expect(seqs(await take(stream, 4))).toEqual([{ type: 'LAGGED', after: 0, resumeAfter: 7 }, 8, 9, 10]);
    log.publish([event(11)]);
    expect(seqs(await take(stream, 1))).toEqual([11]);
  });

  it('say LAGGED once where everything was pruned, and go on with what comes', async () => {
    const log = new EventLog(
      { events: async () => [], bounds: async () => ({ first: 11, last: 10 }) },
      { first: 1, last: 10 },
    );
    const stream = log.watch(3);
    expect(seqs(await take(stream, 1))).toEqual([{ type: 'LAGGED', after: 3, resumeAfter: 10 }]);
    const next = take(stream, 1);
    log.publish([event(11)]);
    expect(seqs(await next)).toEqual([11]);
  });

  it('end when the engine is closed', async () => {
    const { operations, close } = await startTestEngine([new ToyKind()]);
    const waiting = operations.watchEvents(0).next();
    await close();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it('refuse a cursor before the oldest that is kept, and name that one', async () => {
    const log = new EventLog(
      { events: async () => [event(8)], bounds: async () => ({ first: 8, last: 8 }) },
      { first: 8, last: 8 },
    );
    const expired = { code: 'CURSOR_EXPIRED', details: { oldest: '7' } };
    for (const cursor of [1, 6]) expect(() => log.watch(cursor)).toThrow(expect.objectContaining(expired));
    expect(seqs(await take(log.watch(7), 1))).toEqual([8]);
    log.pruned(9);
    expect(() => log.watch(7)).toThrow(expect.objectContaining({ code: 'CURSOR_EXPIRED', details: { oldest: '8' } }));
  });

  it('keep nothing for a subscriber who does not read, and serve it from the journal later', async () => {
    const all: OperationEvent[] = [];
    let asked = 0;
    const journal = {
      events: async (after: number, limit: number) => {
        asked += 1;
        return all.slice(after, after + limit);
      },
      bounds: async () => ({ first: 1, last: all.length }),
    };
    const log = new EventLog(journal, { first: 1, last: 0 });
    const idle = log.watch(0);
    for (let seq = 1; seq <= 10_000; seq += 1) {
      all.push(event(seq));
      log.publish([event(seq)]);
    }
    expect(asked).toBe(0);
    expect(seqs(await take(idle, 10_000))).toEqual(all.map(({ seq }) => seq));
    expect(asked).toBeLessThan(40);
  });

  it('come in order even if they are published out of order', async () => {
    const log = new EventLog(
      {
        events: async (after) => [1, 2, 3, 4].filter((seq) => seq > after).map(event),
        bounds: async () => ({ first: 1, last: 4 }),
      },
      { first: 1, last: 0 },
    );
    const stream = log.watch(0);
    log.publish([event(2)]);
    log.publish([event(1)]);
    log.publish([event(4)]);
    log.publish([event(3)]);
    expect(seqs(await take(stream, 4))).toEqual([1, 2, 3, 4]);
  });
});

describe('progress', () => {
  const states = (items: LiveOperation[]) => items.map(({ operation }) => operation.state);

  it('starts with the truth for a late subscriber and ends by itself', async () => {
    const toy = new ToyKind();
    const { operations } = await startTestEngine([toy]);
    const { id } = await submitOne(operations, 'a');
    const run = await toy.next();
    run.context.progress({ doneBytes: 40, totalBytes: 100 });
    const stream = await operations.watchProgress({ ids: [id] });
    const [first] = await take(stream, 1);
    expect(first).toMatchObject({ operation: { state: 'RUNNING' }, progress: { doneBytes: 40, totalBytes: 100 } });
    run.finish();
    const rest = await take(stream, 10);
    expect(states(rest).at(-1)).toBe('COMPLETED');
    expect(await stream.next()).toMatchObject({ done: true });
  });

  it('shows finished operations that were asked for by id, and refuses unknown ones', async () => {
    const toy = new ToyKind();
    const { operations } = await startTestEngine([toy]);
    const { id } = await submitOne(operations, 'a');
    (await toy.next()).finish();
    await operations.settled(id);
    expect(states(await take(await operations.watchProgress({ ids: [id] }), 9))).toEqual(['COMPLETED']);
    await expect(operations.watchProgress({ ids: [id, 'nobody'] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('keeps one latest value per operation for a subscriber who does not read, and never skips the end', async () => {
    const toy = new ToyKind({ parallel: 2 });
    const { operations } = await startTestEngine([toy]);
    const slow = await operations.watchProgress({});
    const a = await submitOne(operations, 'a');
    const b = await submitOne(operations, 'b');
    const runs = [await toy.next(), await toy.next()];
    for (let bytes = 1; bytes <= 1000; bytes += 1)
      for (const run of runs) run.context.progress({ doneBytes: bytes, totalBytes: 1000 });
    await runs[0]!.context.phase('capturing', 'Reading');
    runs[0]!.finish();
    await operations.settled(a.id);
    const seen = await take(slow, 2);
    expect(seen.map(({ operation }) => [operation.id, operation.state])).toEqual([
      [a.id, 'COMPLETED'],
      [b.id, 'RUNNING'],
    ]);
  });

  it('matches by subject and kind, for as long as the subscriber likes', async () => {
    const toy = new ToyKind({ parallel: 3 });
    const other = new ToyKind({ kind: 'OTHER' });
    const { operations } = await startTestEngine([toy, other]);
    const stream = await operations.watchProgress({ kind: 'TOY', subjects: ['a'] });
    await submitOne(operations, 'b');
    await submitOne(operations, 'c', 'OTHER');
    const { id } = await submitOne(operations, 'a');
    expect((await take(stream, 1))[0]?.operation.id).toBe(id);
    await stream.return?.();
    expect(await stream.next()).toMatchObject({ done: true });
  });
});

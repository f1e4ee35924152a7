import { describe, expect, it, onTestFinished } from 'vitest';
import type { Json } from '../../src/domain/json.ts';
import type { Journal } from '../../src/operations/journal.ts';
import type { Operation } from '../../src/operations/operation.ts';
import { startRetention } from '../../src/operations/retention.ts';
import { openEverydayDatabase } from '../fakes/everyday-database.ts';
import { openTestJournal } from '../fakes/sqlite-journal.ts';
import { ToyKind } from '../fakes/toy-kind.ts';

const dayMs = 86_400_000;

/** A journal with an operation for each day, finished but for the last. */
async function journalOfDays(days: number) {
  const { journal, close } = await openTestJournal(undefined, openEverydayDatabase);
  onTestFinished(close);
  for (let day = 0; day < days; day += 1) {
    const id = String(day).padStart(4, '0');
    const submission = { kind: 'TOY', subjects: [`vm:${day}`], request: null as Json, message: '' } as const;
    const atMs = day * dayMs;
    await journal.submit([submission], { actor: 'ann' }, { ids: [id], nodeId: 'node-1', host: 'here', atMs });
    if (day < days - 1) await journal.transition({ id, from: 'QUEUED', to: 'CANCELLED', atMs });
  }
  return journal;
}

/** Runs the retention as if it were so many days after the beginning, until it has done its work once. */
async function forget(journal: Journal, options: { retentionDays: number; now: number; toy?: ToyKind }) {
  const { retentionDays, now, toy = new ToyKind() } = options;
  const done = Promise.withResolvers<void>();
  let first: number | null = null;
  let clocks = 0;
  const retention = startRetention({
    journal,
    kinds: new Map([['TOY', toy]]),
    log: { warn: () => undefined, error: (facts) => done.reject(facts) },
    retentionMs: retentionDays * dayMs,
    clock: () => {
      if (++clocks === 2) done.resolve();
      return now * dayMs;
    },
    pruned: (seq) => {
      first = seq;
    },
    times: { firstMs: 0, everyMs: 1 },
  });
  await done.promise;
  await retention.close();
  return first;
}

describe('retention', () => {
  it('forgets finished operations and events that are older, and nothing else; counts follow', async () => {
    const journal = await journalOfDays(20);
    expect(await forget(journal, { retentionDays: 10, now: 20 })).toBe(21);
    expect(await journal.bounds()).toEqual({ first: 21, last: 39 });
    const { operations, totalCount } = await journal.page({ limit: 100 });
    expect(operations.map(({ id }) => Number(id)).sort((left, right) => left - right)).toEqual([
      10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
    ]);
    expect(totalCount).toBe(10);
    expect(await journal.tally()).toEqual([
      { kind: 'TOY', state: 'CANCELLED', count: 9 },
      { kind: 'TOY', state: 'QUEUED', count: 1 },
    ]);
    expect(await journal.page({ subjects: ['vm:3'], limit: 9 })).toMatchObject({ operations: [], totalCount: 0 });
  });

  it('never forgets an active operation, nor one that its kind keeps', async () => {
    const journal = await journalOfDays(4);
    class KeepingToy extends ToyKind {
      keeps = async (operations: readonly Operation[]) =>
        new Set(operations.map(({ id }) => id).filter((id) => id === '0001'));
    }
    await forget(journal, { retentionDays: 1, now: 1000, toy: new KeepingToy() });
    expect((await journal.page({ limit: 9 })).operations.map(({ id }) => id)).toEqual(['0003', '0001']);
    expect(await journal.active()).toMatchObject([{ id: '0003' }]);
  });

  it('says nothing was forgotten where nothing was', async () => {
    const journal = await journalOfDays(3);
    expect(await forget(journal, { retentionDays: 10, now: 3 })).toBe(null);
    expect((await journal.page({ limit: 9 })).totalCount).toBe(3);
  });

  it('keeps what is exactly as old as it may be', async () => {
    const journal = await journalOfDays(4);
    await forget(journal, { retentionDays: 2, now: 4 });
    expect((await journal.page({ limit: 9 })).operations.map(({ id }) => id)).toEqual(['0003', '0002']);
  });

  it('waits with its first work, and works again and again', async () => {
    const journal = await journalOfDays(2);
    let looks = 0;
    const again = Promise.withResolvers<void>();
    const start = (firstMs: number) =>
      startRetention({
        journal,
        kinds: new Map(),
        log: { warn: () => undefined, error: () => undefined },
        retentionMs: dayMs,
        clock: () => {
          if (++looks === 3) again.resolve();
          return 0;
        },
        pruned: () => undefined,
        times: { firstMs, everyMs: 1 },
      });
    await start(3_600_000).close();
    expect(looks).toBe(0);
    const soon = start(0);
    await again.promise;
    await soon.close();
  });

  it('says why it could not forget, and tries again', async () => {
    const journal = await journalOfDays(2);
    const said: unknown[] = [];
    const twice = Promise.withResolvers<void>();
    const retention = startRetention({
      journal: { ...journal, pruneEvents: () => Promise.reject(new Error('no space')) },
      kinds: new Map(),
      log: {
        warn: () => undefined,
        error: (facts) => {
          if (said.push(facts) === 2) twice.resolve();
        },
      },
      retentionMs: dayMs,
      clock: () => 0,
      pruned: () => undefined,
      times: { firstMs: 0, everyMs: 1 },
    });
    await twice.promise;
    await retention.close();
    expect(said[0]).toMatchObject({ error: { message: expect.any(String) } });
  });

  it('knows the first event that is left, also where there was nothing to forget', async () => {
    const journal = await journalOfDays(3);
    expect(await journal.pruneEvents(0, 10)).toEqual({ removed: 0, first: 1 });
    expect(await journal.pruneEvents(dayMs, 10)).toEqual({ removed: 2, first: 3 });
    expect(await journal.pruneEvents(dayMs, 10)).toEqual({ removed: 0, first: 3 });
  });

  it('works through more than one batch', async () => {
    const journal = await journalOfDays(1200);
    await forget(journal, { retentionDays: 1, now: 5000 });
    expect((await journal.page({ limit: 9 })).totalCount).toBe(1);
    expect(await journal.bounds()).toEqual({ first: 2400, last: 2399 });
  });
});

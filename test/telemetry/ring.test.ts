import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openRing, type RingOptions } from '../../src/telemetry/sqlite/ring.ts';
import { hour, sample, sampleStoreSuite } from '../contracts/sample-store.ts';
import { openSameThreadDatabase } from '../fakes/same-thread-database.ts';

async function open(options: Partial<RingOptions> = {}, folder = mkdtempSync(join(tmpdir(), 'memoir-ring-'))) {
  const database = openSameThreadDatabase(join(folder, 'memoir.db'));
  // Time passes where a test sets the clock, unless it says that it jumps.
  const { now } = options;
  const store = await openRing(database, { intervalMs: 10_000, ...(now && { elapsedMs: now }), ...options });
  return {
    store,
    folder,
    settled: async () => {},
    async close() {
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
    endWithout: () => database.close(),
  };
}

sampleStoreSuite('the ring', () => open());

const minute = 60_000;
const day = 24 * 60 * minute;

/** A ring whose clock the test sets; each sample is appended at its own time, with idle rounds that tend to the ring. */
async function aging(options: Partial<RingOptions> = {}) {
  let nowMs = hour;
  const ring = await open({ now: () => nowMs, ...options });
  onTestFinished(ring.close);
  const { store } = ring;
  return {
    store,
    ring,
    async append(atMs: number, ...numbers: number[]) {
      nowMs = atMs;
      await store.append(numbers.map((number) => sample(number, atMs, { cpuPercent: (atMs / 10_000) % 60 })));
    },
    async idle(atMs: number, rounds: number) {
      nowMs = atMs;
      for (let round = 0; round < rounds; round++) await store.append([]);
    },
    async read(number: number, resolutionMs: number, fromMs: number, untilMs: number) {
      const { machineId } = sample(number, 0);
      return (await store.read({ machineIds: [machineId], fromMs, untilMs, resolutionMs })).get(machineId) ?? [];
    },
  };
}

describe('the ring', () => {
  it('keeps each sample for a day, then means of five minutes for thirty days, then nothing', async () => {
    const { append, idle, read } = await aging();
    for (let at = hour; at < hour + 10 * minute; at += 10_000) await append(at, 1);
    const before = await read(1, 300_000, hour, hour + 10 * minute);
    expect(before.map(({ samples, cpuPercent, cpuPeakPercent }) => [samples, cpuPercent, cpuPeakPercent])).toEqual([
      [30, 14.5, 29],
      [30, 44.5, 59],
    ]);
    await idle(hour + day + 30 * minute, 60);
    expect(await read(1, 10_000, hour, hour + 10 * minute)).toEqual([]);
    // The same means, though the samples that they were made of are gone.
    expect(await read(1, 300_000, hour, hour + 10 * minute)).toEqual(before);
    expect(await read(1, 600_000, hour, hour + 10 * minute)).toMatchObject([{ samples: 60 }]);
    await idle(hour + 31 * day, 60);
    expect(await read(1, 300_000, hour, hour + 10 * minute)).toEqual([]);
  });

  it('forgets nothing because the clock jumps, by more than all that it keeps', async () => {
    let elapsedMs = 0;
    const { append, idle, read } = await aging({ elapsedMs: () => elapsedMs });
    for (let at = hour; at < hour + 10 * minute; at += 10_000) {
      elapsedMs = at - hour;
      await append(at, 1);
    }
    const every = await read(1, 10_000, hour, hour + 10 * minute);
    expect(every).toHaveLength(60);
    for (const jump of [40 * day, -40 * day]) {
      elapsedMs += 10_000;
      await idle(hour + elapsedMs + jump, 200);
      expect(await read(1, 10_000, hour, hour + 10 * minute)).toEqual(every);
    }
  });

  it('joins folded and fresh samples without a gap and without counting any twice', async () => {
    const { append, read } = await aging();
    for (let at = hour; at < hour + 42 * minute; at += 10_000) await append(at, 1);
    const points = await read(1, 300_000, hour, hour + 45 * minute);
    expect(points.map(({ samples }) => samples)).toEqual([30, 30, 30, 30, 30, 30, 30, 30, 12]);
  });

  it('is exactly as it was after the server was started again', async () => {
    const first = await open({ now: () => hour + 20 * minute });
    const samples = Array.from({ length: 120 }, (_, index) => sample(1, hour + index * 10_000));
    await first.store.append(samples);
    const query = { machineIds: [samples[0]?.machineId ?? ''], fromMs: hour, untilMs: hour + 20 * minute };
    const before = await first.store.read({ ...query, resolutionMs: 300_000 });
    const { sinceMs } = first.store.reach(10_000);
    await first.endWithout();
    const second = await open({ now: () => hour + 25 * minute }, first.folder);
    onTestFinished(second.close);
    expect(await second.store.read({ ...query, resolutionMs: 300_000 })).toEqual(before);
    expect(second.store.reach(10_000)).toEqual({ sinceMs, isYoung: true });
  });

  it('reaches less far back with many machines, so that its rows are bounded', async () => {
    const { append, idle, read, store } = await aging({ maxRows: 100 });
    for (let at = hour; at < hour + 30 * minute; at += 10_000) await append(at, 1, 2, 3, 4);
    await idle(hour + 30 * minute, 90);
    // Nobody is measured now: as far back as one machine may reach.
    expect(store.reach(10_000).sinceMs).toBe(hour + 30 * minute - 100 * 10_000);
    await append(hour + 30 * minute, 1, 2, 3, 4);
    expect(store.reach(10_000).sinceMs).toBe(hour + 30 * minute - 25 * 10_000);
    await idle(hour + 30 * minute, 90);
    for (const number of [1, 2, 3, 4]) {
      expect((await read(number, 10_000, hour, hour + 31 * minute)).length).toBeLessThanOrEqual(101);
    }
  });

  it('forgets the machines that were not seen for longest when there are too many', async () => {
    const { append, idle, read } = await aging({ maxMachines: 3 });
    for (const number of [1, 2, 3, 4, 5]) await append(hour + number * 10_000, number);
    await idle(hour + minute, 10);
    const counts = await Promise.all(
      [1, 2, 3, 4, 5].map(async (number) => (await read(number, 10_000, hour, hour + minute)).length),
    );
    expect(counts).toEqual([0, 0, 1, 1, 1]);
  });

  it('folds once more what was measured after the clock had been set back', async () => {
    const { append, idle, read } = await aging();
    await append(hour + 10 * minute, 1);
    await idle(hour + 16 * minute, 40);
    await append(hour, 1);
    await idle(hour + 16 * minute, 40);
    const points = await read(1, 300_000, hour, hour + 15 * minute);
    expect(points.map(({ atMs, samples }) => [atMs - hour, samples])).toEqual([
      [0, 1],
      [10 * minute, 1],
    ]);
  });
});

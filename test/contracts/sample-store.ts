import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Sample } from '../../src/telemetry/sample.ts';
import type { SampleStore } from '../../src/telemetry/sample-store.ts';

export interface SampleStoreBench {
  readonly store: SampleStore;
  /** Resolves when everything that was appended has been kept. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const minute = 60_000;
/** A whole hour, recent enough for every store: the tests write the hour that follows. */
export const hour = Math.floor((Date.now() - 3 * 60 * minute) / (60 * minute)) * 60 * minute;

export function sample(number: number, atMs: number, more: Partial<Sample> = {}): Sample {
  return {
    machineId: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    name: `vm-${number}`,
    vmid: String(number),
    state: 'RUNNING',
    atMs,
    cpuPercent: 12.5,
    memoryBytes: 1 << 30,
    memoryUsedBytes: 1 << 29,
    memoryRssBytes: 3 << 28,
    blockReadBytesPerSecond: 1000,
    blockWriteBytesPerSecond: 2000,
    networkReceiveBytesPerSecond: 3000,
    networkTransmitBytesPerSecond: 4000,
    ...more,
  };
}

/** What every store of samples does. */
export function sampleStoreSuite(name: string, open: () => Promise<SampleStoreBench>): void {
  describe(`samples: ${name}`, () => {
    let bench: SampleStoreBench;
    beforeEach(async () => {
      bench = await open();
    });
    afterEach(() => bench.close());

    const one = sample(1, hour).machineId;
    const two = sample(2, hour).machineId;
    async function keep(...samples: Sample[]): Promise<void> {
      await bench.store.append(samples);
      await bench.settled();
    }
    async function read(machineId: string, resolutionMs = 10_000, fromMs = hour, untilMs = hour + 60 * minute) {
      const found = await bench.store.read({ machineIds: [machineId], fromMs, untilMs, resolutionMs });
      return found.get(machineId) ?? [];
    }

    it('has nothing before anything was kept, and nothing of a machine that nobody knows', async () => {
      expect(await read(one)).toEqual([]);
      await keep(sample(1, hour));
      expect(await read(two)).toEqual([]);
    });

    it('gives back what was kept, every measure of it', async () => {
      const { machineId, name: _, vmid, state, atMs, ...values } = sample(1, hour + 20_000);
      await keep(sample(1, hour + 20_000));
      expect(await read(machineId)).toEqual([{ ...values, atMs, cpuPeakPercent: values.cpuPercent, samples: 1 }]);
      expect([vmid, state]).toEqual(['1', 'RUNNING']);
    });

    it('makes means of what lies in one point, and keeps the highest CPU value', async () => {
      await keep(sample(1, hour, { cpuPercent: 10 }), sample(1, hour + 10_000, { cpuPercent: 90 }));
      await keep(sample(1, hour + 20_000, { cpuPercent: 20 }), sample(1, hour + minute, { cpuPercent: 50 }));
      expect((await read(one, minute)).map((it) => [it.atMs, it.cpuPercent, it.cpuPeakPercent, it.samples])).toEqual([
        [hour, 40, 90, 3],
        [hour + minute, 50, 50, 1],
      ]);
    });

    it('takes what nobody knows for unknown, not for zero', async () => {
      const unknown = { cpuPercent: null, memoryUsedBytes: null, blockReadBytesPerSecond: null };
      await keep(sample(1, hour, unknown));
      expect(await read(one)).toMatchObject([{ ...unknown, cpuPeakPercent: null, samples: 1 }]);
      await keep(sample(1, hour + 10_000, { cpuPercent: 30, memoryUsedBytes: 100, blockReadBytesPerSecond: 0 }));
      expect(await read(one, minute)).toMatchObject([
        { cpuPercent: 30, memoryUsedBytes: 100, blockReadBytesPerSecond: 0, samples: 2 },
      ]);
    });

    it('tells machines apart by their ids alone, and answers for several at once', async () => {
      await keep(sample(1, hour), sample(2, hour, { cpuPercent: 77 }));
      // Renamed and restarted, under a name that is hostile to a line protocol.
      await keep(sample(1, hour + 10_000, { name: 'a b,c=d"\\\n', vmid: '99' }));
      const found = await bench.store.read({
        machineIds: [two, one],
        fromMs: hour,
        untilMs: hour + minute,
        resolutionMs: 10_000,
      });
      expect(found.get(one)).toHaveLength(2);
      expect(found.get(two)).toMatchObject([{ cpuPercent: 77 }]);
    });

    it('reads a half-open range, in the order of time', async () => {
      await keep(sample(1, hour + 30_000), sample(1, hour + 10_000), sample(1, hour + 20_000), sample(1, hour));
      const points = await read(one, 10_000, hour + 10_000, hour + 30_000);
      expect(points.map(({ atMs }) => atMs - hour)).toEqual([10_000, 20_000]);
    });

    it('changes nothing when the same sample comes again', async () => {
      await keep(sample(1, hour));
      await keep(sample(1, hour));
      expect(await read(one)).toMatchObject([{ samples: 1 }]);
    });
  });
}

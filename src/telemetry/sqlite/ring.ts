import { createSteadyClock } from '../../async/steady-clock.ts';
import type { Database } from '../../database/database.ts';
import type { SampleStore } from '../sample-store.ts';
import { foldMs } from '../series-query.ts';
import type { RingReadingService } from './ring-reading-service.ts';
import type { RingWindows } from './ring-upkeep.ts';
import type { RingWritingService } from './ring-writing-service.ts';
import type { UnsentBatch } from './unsent-rounds.ts';

/** Samples that InfluxDB has not accepted yet, in the order in which they were appended; they outlive the process. */
export interface UnsentSamples {
  /** The oldest rounds, about so many samples; null where there are none. */
  unsent(maxSamples: number): Promise<UnsentBatch | null>;
  /** The rounds up to this one are InfluxDB's. */
  accept(upToSeq: number): Promise<void>;
}

/** The store of this server: a ring, which says how far back it reaches. */
export interface Ring extends SampleStore, UnsentSamples {
  /** From when on it has all there is at this resolution, and whether that is only because it has not been there for longer. */
  reach(resolutionMs: number): { readonly sinceMs: number; readonly isYoung: boolean };
}

export interface RingOptions {
  readonly now?: () => number;
  /** A clock that nobody sets: a jump of the other one makes nothing old. */
  readonly elapsedMs?: () => number;
  readonly intervalMs: number;
  /** Whether it keeps in mind what InfluxDB has not accepted: as long as the samples themselves, a day at most. */
  readonly publish?: boolean;
  /** Rows of each of the two tables at most: with many machines, the ring reaches less far back. */
  readonly maxRows?: number;
  /** Machines at most; beyond them, those that were not seen for longest are forgotten. */
  readonly maxMachines?: number;
}

const hourMs = 3_600_000;
/** As far as it reaches with few machines. */
const longest: RingWindows = { samplesMs: 24 * hourMs, foldsMs: 30 * 24 * hourMs };

/**
 * Samples in the embedded database: each for 24 hours, then as means over five minutes for 30 days. 231 machines fill its two
 * million rows a table; with more of them the ring is shorter. `database` is the caller's to close.
 */
export async function openRing(database: Database, options: RingOptions): Promise<Ring> {
  const { now = Date.now, intervalMs, maxRows = 2_000_000, maxMachines = 5_000, publish = false } = options;
  const steadyNow = createSteadyClock({ now, ...(options.elapsedMs && { elapsedMs: options.elapsedMs }) });
  const writing = await database.service<RingWritingService>('telemetry', {
    module: new URL('./ring-writing-service.ts', import.meta.url).href,
    options: { nowMs: now(), maxMachines, publish },
  });
  const reading = await database.service<RingReadingService>(
    'telemetry',
    { module: new URL('./ring-reading-service.ts', import.meta.url).href, options: null },
    'read',
  );
  const beganMs = await writing.beganMs();
  let windows = longest;

  return {
    append(samples) {
      const machines = Math.max(1, samples.length);
      windows = {
        samplesMs: Math.min(longest.samplesMs, (maxRows / machines) * intervalMs),
        foldsMs: Math.min(longest.foldsMs, (maxRows / machines) * foldMs),
      };
      return writing.append(samples, steadyNow(), windows);
    },
    read: reading.read,
    unsent: reading.unsent,
    accept: writing.accept,
    reach(resolutionMs) {
      const { samplesMs, foldsMs } = windows;
      const oldestMs = now() - (resolutionMs % foldMs === 0 ? foldsMs : samplesMs);
      return { sinceMs: Math.max(beganMs, oldestMs), isYoung: beganMs >= oldestMs };
    },
  };
}

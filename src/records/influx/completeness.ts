import type { Closable } from '../../domain/closable.ts';

/** What one synchronisation could not bring into InfluxDB, and never will: see `SyncSummary.kept`. */
export interface Completed {
  readonly kept: number;
}

/**
 * Whether InfluxDB has all that it accepted. A server that was started on an empty folder, or that looks back less far than it
 * did, answers everything as if there were nothing: only who remembers what was accepted can tell. While it lacks records,
 * answers come from the catalogue, and a synchronisation is started, again and again until one was completed.
 */
export interface Completeness extends Closable {
  isLacking(): boolean;
  /** Records of the catalogue that InfluxDB need not have: those that it has forgotten of other writers. */
  tolerated(): number;
  /** InfluxDB answered without records that it had accepted. */
  missing(): void;
  /** A synchronisation was completed. */
  synced(summary: Completed): void;
  /** Heals from now on, by starting a synchronisation; at once if there is a reason already. */
  healBy(start: () => Promise<void>): void;
}

export interface HealingTimes {
  /** From one start to the next, while it does not help; each further one is twice as far, up to `longestMs`. */
  readonly firstMs: number;
  readonly longestMs: number;
}

const defaultTimes: HealingTimes = { firstMs: 5_000, longestMs: 600_000 };

export function createCompleteness(times: HealingTimes = defaultTimes): Completeness {
  let lacking = false;
  let kept = 0;
  let start: (() => Promise<void>) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let pauseMs = times.firstMs;

  function heal(): void {
    if (timer !== undefined || start === undefined || !lacking || isClosed) return;
    // What hinders it (another one that runs, a full queue, InfluxDB away) passes, or is said by the operation itself.
    start().catch(() => undefined);
    timer = setTimeout(() => {
      timer = undefined;
      heal();
    }, pauseMs);
    timer.unref();
    pauseMs = Math.min(times.longestMs, pauseMs * 2);
  }

  return {
    isLacking: () => lacking,
    tolerated: () => kept,
    missing() {
      lacking = true;
      heal();
    },
    synced(summary) {
      lacking = false;
      kept = summary.kept;
    },
    healBy(begin) {
      start = begin;
      heal();
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

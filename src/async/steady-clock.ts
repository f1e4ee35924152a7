/** A clock that was set is believed when it has stayed so for this long. */
const believedAfterMs = 3_600_000;
/** What it is corrected by all the time is no jump. */
const jumpMs = 60_000;

export interface SteadyClockOptions {
  /** The wall clock, which people and time servers set. */
  readonly now: () => number;
  /** One that nobody sets. */
  readonly elapsedMs?: () => number;
}

/**
 * The time of day for whoever deletes what is old: when the wall clock jumps, this one goes on as if it had not, for an hour, in
 * which a mistake is noticed and mended. After that the new time counts.
 */
export function createSteadyClock({ now, elapsedMs = () => performance.now() }: SteadyClockOptions): () => number {
  let aheadMs = now() - elapsedMs();
  let sinceMs: number | undefined;
  return () => {
    const elapsed = elapsedMs();
    const measuredMs = now() - elapsed;
    if (Math.abs(measuredMs - aheadMs) < jumpMs) sinceMs = undefined;
    else {
      sinceMs ??= elapsed;
      if (elapsed - sinceMs < believedAfterMs) return elapsed + aheadMs;
      sinceMs = undefined;
    }
    aheadMs = measuredMs;
    return elapsed + aheadMs;
  };
}

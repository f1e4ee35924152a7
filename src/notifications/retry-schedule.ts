const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** The schedule of the Standard Webhooks specification: about three days in all. */
const pausesMs = [5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour];

/** The longest pause that there is, jitter included: what is due later than that, was planned by a clock that was wrong. */
export const longestPauseMs = 24 * hour * 1.1;

/**
 * How long to wait after the `attempts`-th attempt; null when it was the last. A receiver's own wish (Retry-After) counts if it
 * is longer. Up to a tenth more by chance, so that what failed together does not come back together.
 */
export function retryPauseMs(
  attempts: number,
  askedMs: number | null = null,
  random: () => number = Math.random,
): number | null {
  const planned = pausesMs[attempts - 1];
  if (planned === undefined) return null;
  return Math.min(longestPauseMs, Math.max(planned * (1 + random() / 10), askedMs ?? 0));
}

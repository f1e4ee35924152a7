export interface BackOffOptions {
  /** The first pause, at most. Default 250 ms. */
  readonly minDelayMs?: number | undefined;
  /** The longest pause. Default 30 s. */
  readonly maxDelayMs?: number | undefined;
  /** From 0 to below 1: where in its second half a pause falls. Default Math.random. */
  readonly random?: (() => number) | undefined;
}

/**
 * How long to wait after the `failures`-th failure in a row: doubling up to the longest, and spread over the second half
 * of each pause so that many who wait for the same thing do not come back at the same moment.
 */
export function backOffMs(failures: number, options: BackOffOptions): number {
  const { minDelayMs = 250, maxDelayMs = 30_000, random = Math.random } = options;
  const pause = Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(pause * (0.5 + random() / 2));
}

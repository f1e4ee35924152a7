import { MemoirError } from '../domain/memoir-error.ts';

/** How often machines are measured. */
export const intervalMs = 10_000;
/** Samples older than the ring's window of them are kept as means over stretches of this length. */
export const foldMs = 300_000;

/** What is asked of a series; everything may be left out. */
export interface SeriesQuery {
  /** The last so many seconds. Excludes `fromMs` and `untilMs`. */
  readonly lastSeconds?: number;
  /** Epoch milliseconds. */
  readonly fromMs?: number;
  readonly untilMs?: number;
  /** Seconds of a point: a multiple of 10, and of 300 from there on. */
  readonly resolutionSeconds?: number;
}

export interface CheckedSeriesQuery {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly resolutionMs: number;
}

/** Points of a series at most, and as many as one gets who does not say. */
export const maxPoints = 1000;
export const usualPoints = 360;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const longestMs = 366 * dayMs;
/** Nobody measured a machine of ours before this; and times beyond the other end are typing mistakes. */
const earliestMs = Date.UTC(2015, 0, 1);

const steps = [10, 30, 60, 300, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800].map((sec) => sec * 1000);

/**
 * Defaults: the last hour; the finest resolution that makes no more than 360 points. The range is widened to whole points, so
 * that the same moment is in the same point whenever it is asked for. BAD_INPUT for what makes no sense.
 */
export function checkSeriesQuery(query: SeriesQuery, nowMs: number): CheckedSeriesQuery {
  const { fromMs, untilMs } = rangeOf(query, nowMs);
  const length = untilMs - fromMs;
  if (length <= 0) throw refuse('the range ends before it begins');
  if (length > longestMs) throw refuse('the range is longer than 366 days');
  if (fromMs < earliestMs || untilMs > nowMs + longestMs) throw refuse('the range is not of these years');
  const resolutionMs = resolutionOf(query, length);
  const from = Math.floor(fromMs / resolutionMs) * resolutionMs;
  const until = Math.ceil(untilMs / resolutionMs) * resolutionMs;
  const points = (until - from) / resolutionMs;
  if (points > maxPoints + 1) {
    throw refuse(`the range has ${points} points of this resolution, more than ${maxPoints}`);
  }
  return { fromMs: from, untilMs: until, resolutionMs };
}

function rangeOf({ lastSeconds, fromMs, untilMs }: SeriesQuery, nowMs: number) {
  if (lastSeconds === undefined) return { fromMs: fromMs ?? (untilMs ?? nowMs) - hourMs, untilMs: untilMs ?? nowMs };
  if (fromMs !== undefined || untilMs !== undefined) throw refuse('last excludes from and until');
  if (!Number.isSafeInteger(lastSeconds) || lastSeconds <= 0) throw refuse('last must be 1 second or more');
  return { fromMs: nowMs - lastSeconds * 1000, untilMs: nowMs };
}

function resolutionOf({ resolutionSeconds }: SeriesQuery, length: number): number {
  if (resolutionSeconds === undefined) return steps.find((step) => length / step <= usualPoints) ?? foldMs;
  const resolutionMs = resolutionSeconds * 1000;
  const unit = resolutionMs > foldMs ? foldMs : intervalMs;
  if (resolutionMs >= intervalMs && resolutionMs <= 7 * dayMs && resolutionMs % unit === 0) return resolutionMs;
  throw refuse('resolution must be 10 seconds to 7 days: a multiple of 10 seconds, and of 300 above 300');
}

const refuse = (message: string) => new MemoirError('BAD_INPUT', message);

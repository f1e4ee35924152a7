import { type InfluxError, isInfluxError } from './influx-error.ts';

/** Half-open, in epoch microseconds. */
export interface TimeRange {
  readonly fromUs: number;
  readonly untilUs: number;
}

/** What a window turned out to hold: nothing, something, or all that is needed. */
export type Visited = 'EMPTY' | 'MORE' | 'DONE';

const minuteUs = 60_000_000;
const dayUs = 24 * 60 * minuteUs;

/** InfluxDB 3 keeps the points of ten minutes in a file of their own: a shorter window cannot read fewer files than one. */
const shortestUs = 10 * minuteUs;
/** 288 files at most, of the 432 that a query may read unless someone changed that. */
const safeUs = 2 * dayUs;
/** Where a few rows are enough: on a busy server, a dozen files have them. */
export const shortUs = 2 * 60 * minuteUs;
/** Nothing was written before this, but by mistake: what is older is one window. */
const ancientUs = Date.UTC(2015, 0, 1) * 1000;

/**
 * Walks a range of time, newest first (DESC) or oldest first, in windows that widen as long as the server can read them:
 * InfluxDB 3 Core refuses a query that would open too many files, and how many there are is not known before. `visit` reads
 * one window; when it throws FILE_LIMIT, nothing of that window counts, and a shorter one takes its place. The first window is
 * as long as a query can surely read, or `firstUs`.
 */
export async function walkWindows(
  range: TimeRange,
  direction: 'ASC' | 'DESC',
  nowUs: number,
  visit: (window: TimeRange) => Promise<Visited>,
  firstUs = safeUs,
): Promise<void> {
  let span = firstUs;
  let ceiling = Number.POSITIVE_INFINITY;
  let rest = range;
  while (rest.fromUs < rest.untilUs) {
    const window = direction === 'DESC' ? newest(rest, span, nowUs) : oldest(rest, span, nowUs);
    let visited: Visited;
    try {
      visited = await visit(window);
    } catch (error) {
      if (!isInfluxError(error, 'FILE_LIMIT') || span <= shortestUs) throw error;
      ceiling = Math.min(span, window.untilUs - window.fromUs);
      span = Math.max(shortestUs, shorten(ceiling, error));
      continue;
    }
    if (visited === 'DONE') return;
    rest = direction === 'DESC' ? { ...rest, untilUs: window.fromUs } : { ...rest, fromUs: window.untilUs };
    // Where nothing is, no files are, and much of the rest may be empty too; where something is, the limit may be near, and is
    // tried again little by little.
    if (visited === 'EMPTY') ceiling = Number.POSITIVE_INFINITY;
    const wider = visited === 'EMPTY' ? 32 : span < safeUs ? 8 : 2;
    span = Math.floor(Math.min(span * wider, ceiling * 0.9));
    ceiling *= 1.3;
  }
}

/** The server may say how many files it would have been. */
function shorten(span: number, error: InfluxError): number {
  const files = Number(/would scan (\d+) parquet files/i.exec(error.message)?.[1]);
  return Math.floor(span / (files > 0 ? Math.max(2, files / 300) : 2));
}

function newest({ fromUs, untilUs }: TimeRange, span: number, nowUs: number): TimeRange {
  // Whatever is dated in the future belongs to the first window.
  const start = Math.min(untilUs, Math.max(nowUs, fromUs)) - span;
  return { fromUs: start <= ancientUs && span >= safeUs ? fromUs : Math.max(fromUs, start), untilUs };
}

function oldest({ fromUs, untilUs }: TimeRange, span: number, nowUs: number): TimeRange {
  if (fromUs < ancientUs && span >= safeUs) return { fromUs, untilUs: Math.min(untilUs, ancientUs) };
  const end = fromUs + span;
  return { fromUs, untilUs: end >= nowUs ? untilUs : Math.min(untilUs, end) };
}

import { CircuitBreaker } from '../async/circuit-breaker.ts';
import { isInfluxError } from '../influx/influx-error.ts';
import type { Point } from './sample.ts';
import type { PointsByMachine, SampleStore } from './sample-store.ts';
import { type CheckedSeriesQuery, foldMs } from './series-query.ts';
import type { Ring } from './sqlite/ring.ts';
import type { Series } from './telemetry.ts';

/** After it was silent, nobody else waits for it for so long. */
const silenceMs = 15_000;

/**
 * Answers a series: from the ring as far as it reaches at that resolution, and what is before that from InfluxDB where there is
 * one. The ring is asked first although InfluxDB has the same samples: it is next door, answers always, and InfluxDB Core
 * opens a file for every ten minutes of a range.
 */
export function createPointsSource(
  ring: Pick<Ring, 'read' | 'reach'>,
  influx: Pick<SampleStore, 'read'> | null,
  elapsedMs: () => number = () => performance.now(),
) {
  const breaker = new CircuitBreaker(silenceMs, elapsedMs);

  /** InfluxDB's points, or why there are none. */
  async function before(
    machineIds: readonly string[],
    query: CheckedSeriesQuery,
  ): Promise<PointsByMachine | string | null> {
    if (influx === null) return null;
    if (breaker.isOpen) return 'it has not responded lately';
    try {
      return await influx.read({ machineIds, ...query });
    } catch (error) {
      if (!isInfluxError(error)) throw error;
      if (isInfluxError(error, 'TIMEOUT', 'UNREACHABLE')) breaker.trip();
      return error.message;
    }
  }

  return async (machineIds: readonly string[], query: CheckedSeriesQuery): Promise<Series[]> => {
    const { fromMs, untilMs } = query;
    let { resolutionMs } = query;
    const warnings: string[] = [];
    const { sinceMs, isYoung } = ring.reach(resolutionMs);
    // A range that ends just where the ring does is one that moves on with it: the first point is all that it lacks.
    const isWithin = sinceMs <= fromMs + resolutionMs;
    // From the first whole point on that the ring has.
    const edgeMs = Math.min(untilMs, Math.max(fromMs, Math.ceil(sinceMs / resolutionMs) * resolutionMs));
    const older = isWithin ? null : await before(machineIds, { ...query, untilMs: edgeMs });
    if (typeof older === 'string') {
      warnings.push(
        `InfluxDB could not be asked: ${older}. Showing only values kept by this server; older ones may be missing.`,
      );
    }
    const isFromInflux = older !== null && typeof older !== 'string';
    let ringFromMs = isFromInflux ? edgeMs : fromMs;
    if (!isFromInflux && !isWithin && !isYoung) {
      if (resolutionMs >= foldMs) warnings.push('The oldest values of this range have expired.');
      else {
        resolutionMs = foldMs;
        ringFromMs = Math.floor(fromMs / foldMs) * foldMs;
        warnings.push('Values of this range are kept as 5-minute means only.');
      }
    }
    const range = { fromMs: ringFromMs, untilMs: Math.ceil(untilMs / resolutionMs) * resolutionMs, resolutionMs };
    const newer = ringFromMs < range.untilMs ? await ring.read({ machineIds, ...range }) : new Map<string, Point[]>();
    return machineIds.map((id) => ({
      points: [...((isFromInflux && older.get(id)) || []), ...(newer.get(id) ?? [])],
      fromMs: isFromInflux ? fromMs : Math.min(fromMs, ringFromMs),
      untilMs: range.untilMs,
      resolutionMs,
      source: isFromInflux ? 'INFLUX' : 'RING',
      warnings,
    }));
  };
}

import type { Closable } from '../domain/closable.ts';
import type { Point, Round, Sample } from './sample.ts';
import type { SeriesQuery } from './series-query.ts';

/** The points of one machine, oldest first; stretches without a sample are left out. */
export interface Series {
  readonly points: readonly Point[];
  readonly fromMs: number;
  readonly untilMs: number;
  /** Length of a point, which is longer than asked for where only longer ones are kept (said in `warnings`). */
  readonly resolutionMs: number;
  /** RING: all of it from this server's own ring. INFLUX: what the ring does not reach is from InfluxDB. */
  readonly source: 'RING' | 'INFLUX';
  /** What was not possible, in plain words. */
  readonly warnings: readonly string[];
}

/**
 * Statistics of machines: every ten seconds one reading of all of them, as it happens and in retrospect.
 *
 * - While the hypervisor is away there are no samples: a gap, never an invented value.
 * - Nothing of this stands in the way of anything else: what cannot be kept is lost, and said in the log once.
 * - `close` ends the sampling; neither database nor InfluxDB client are closed with it.
 */
export interface Telemetry extends Closable {
  /** The newest sample of the machine; null when it is off, or when there was none for some rounds. */
  latest(machineId: string): Sample | null;
  /** The newest round; null before the first, and when it is some rounds old. */
  latestRound(): Round | null;
  /** Calls the listener with every round from now on, synchronously; it must be quick. Returns the function that ends that. */
  watch(listener: (round: Round) => void): () => void;
  /** In the order of the ids, at most 1000; BAD_INPUT for a query that makes no sense, LIMIT_EXCEEDED for too many points. */
  series(machineIds: readonly string[], query: SeriesQuery): Promise<readonly Series[]>;
}

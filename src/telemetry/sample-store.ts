import type { Point, Sample } from './sample.ts';

/** Which points: of these machines, from … until (half-open), one for each stretch of `resolutionMs` that has samples. */
export interface PointsQuery {
  readonly machineIds: readonly string[];
  /** Epoch milliseconds; multiples of `resolutionMs`. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly resolutionMs: number;
}

/** Points by machine id, in ascending order of time. A machine without any may be missing. */
export type PointsByMachine = ReadonlyMap<string, readonly Point[]>;

/**
 * Where samples are kept: sqlite/ (a ring, always there), and influx/, which is given what the ring keeps. Both pass the one suite
 * in test/contracts/. Telemetry may be lossy: what the ring cannot keep is lost, and nobody waits for it.
 *
 * - `append` is idempotent by machine and time: the same sample again changes nothing.
 * - `read` sees what was appended before, once that has been kept; it says nothing of stretches without samples.
 * - A machine is its id: one that was renamed or restarted goes on where it was.
 */
export interface SampleStore {
  append(samples: readonly Sample[]): Promise<void>;
  read(query: PointsQuery): Promise<PointsByMachine>;
}

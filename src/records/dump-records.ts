import type { DumpRecord, RecordState } from './dump-record.ts';

/** All conditions hold together; an absent one does not restrict, an empty list of choices leaves nothing. */
export interface RecordFilter {
  /** Exact name, vmid or machine id: any of these, at most 1000. */
  readonly vms?: readonly string[];
  /**
   * Part of the name or of `sha256`, without regard to ASCII case; wildcards have no meaning. At most 200 characters; empty
   * does not restrict. Hashes are looked at from three hexadecimal digits on: nearly every hash holds any two.
   */
  readonly search?: string;
  /** Half-open range of `timeUs`. */
  readonly fromUs?: number;
  readonly untilUs?: number;
  readonly states?: readonly RecordState[];
}

export const recordOrders = ['TIME', 'DURATION', 'SIZE', 'VM'] as const;

export interface RecordOrder {
  readonly by: (typeof recordOrders)[number];
  readonly direction: 'ASC' | 'DESC';
}

/**
 * A page: the first `limit` rows behind `after` (or from the start of the list), up to `before` if both are given; with
 * `before` alone, the last `limit` rows ahead of it. Both are cursors of this list in this order and direction; `offset`
 * counts from the start of the list or from `after`, and excludes `before`. Names and ids compare by their UTF-8 bytes.
 * Records with equal keys are ordered by id, so that a cursor neither skips nor repeats while rows arrive.
 */
export interface RecordPageQuery {
  readonly filter: RecordFilter;
  readonly order: RecordOrder;
  /** 1 to 1000. */
  readonly limit: number;
  readonly after?: string;
  readonly before?: string;
  readonly offset?: number;
}

/** Says where an answer came from, and in plain words what was not possible on the way. */
export interface Sourced {
  readonly source: 'CATALOGUE' | 'INFLUX_SQL' | 'INFLUX_QL' | 'INFLUX_HTTP';
  readonly warnings: readonly string[];
}

export interface RecordPage extends Sourced {
  readonly rows: readonly { readonly record: DumpRecord; readonly cursor: string }[];
  /** Whether the list goes on behind the page, and whether it has rows ahead of it. */
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
}

/** Five measures on their own feet: what could not be computed is null, with a warning. */
export interface RecordStats extends Sourced {
  readonly totalDumps: number | null;
  /** Machines, by the hypervisor's id: one that was renamed or restarted is still one. */
  readonly totalVms: number | null;
  readonly totalSizeBytes: number | null;
  readonly avgDurationSec: number | null;
  /** Null also when there is no dump yet. */
  readonly lastDumpUs: number | null;
}

/** One UTC day of dumps. */
export interface RecordDay {
  /** Epoch milliseconds of its midnight. */
  readonly dayMs: number;
  readonly dumps: number;
  readonly sizeBytes: number;
  readonly avgDurationSec: number;
  /** Null when no dump of that day knows its pause. */
  readonly avgGuestPauseMs: number | null;
}

/** A machine that records show, by the hypervisor's id, with the name it was recorded under last. */
export interface RecordMachine {
  readonly machineId: string;
  readonly dom: string;
}

/**
 * The list of finished dumps. Implementations: sqlite/ (the catalogue of this server, always there), influx/ (fleet-wide).
 * Both pass the one suite in test/contracts/.
 *
 * - `append` is idempotent by id: the same record again changes nothing.
 * - `page`, `count`, `stats`, `series` see everything that was appended before the call.
 * - Deleted records stay in the list and in the statistics unless the filter leaves them out.
 * - BAD_INPUT for a filter that makes no sense (search too long, limit out of range, from ≥ until is just empty).
 */
export interface DumpRecords {
  append(record: DumpRecord): Promise<void>;
  /** Changes what became of the artifact; false if there is no such record. */
  mark(id: string, state: RecordState): Promise<boolean>;
  /** In the order of `ids`; null where there is none. */
  get(ids: readonly string[]): Promise<(DumpRecord | null)[]>;
  page(query: RecordPageQuery): Promise<RecordPage>;
  count(filter: RecordFilter): Promise<number>;
  stats(filter: RecordFilter): Promise<RecordStats>;
  /** Machines that any record of the catalogue shows, also those that no longer exist, by name; at most 5000. */
  machines(): Promise<readonly RecordMachine[]>;
  /** Days that have dumps, ascending; at most the last 3660 of the filter's range. */
  series(filter: RecordFilter): Promise<readonly RecordDay[]>;
}

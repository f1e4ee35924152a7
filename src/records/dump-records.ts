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
  /** The last `limit` rows of the whole list; excludes `after` and `offset`. */
  readonly fromEnd?: boolean;
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

/** How many records match; null where it could not be counted. */
export interface RecordCount extends Sourced {
  readonly total: number | null;
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

/** Days that have dumps, ascending; at most the last 3660 of the filter's range. */
export interface RecordSeries extends Sourced {
  readonly days: readonly RecordDay[];
}

/** A machine that has records. */
export interface RecordMachine {
  readonly machineId: string;
  /** As its newest record has them. */
  readonly dom: string;
  readonly vmid: string;
  readonly dumps: number;
  readonly lastDumpUs: number;
}

/** Those that were dumped last come first; at most 5000. */
export interface RecordMachines extends Sourced {
  readonly machines: readonly RecordMachine[];
}

export const maxListedMachines = 5_000;

/**
 * The list of finished dumps. Implementations: sqlite/ (the catalogue of this server, always there), influx/ (fleet-wide).
 * Both pass the one suite in test/contracts/.
 *
 * - `page`, `count`, `stats`, `series`, `machines` see everything that was completed before the call. Each says for itself where
 *   its answer came from: two of them may have been answered by different stores.
 * - Deleted records stay in the list and in the statistics unless the filter leaves them out.
 * - BAD_INPUT for a filter that makes no sense (search too long, limit out of range, from ≥ until is just empty).
 */
export interface DumpRecords {
  /** In the order of `ids`; null where there is none. */
  get(ids: readonly string[]): Promise<(DumpRecord | null)[]>;
  page(query: RecordPageQuery): Promise<RecordPage>;
  count(filter: RecordFilter): Promise<RecordCount>;
  stats(filter: RecordFilter): Promise<RecordStats>;
  series(filter: RecordFilter): Promise<RecordSeries>;
  machines(filter: RecordFilter): Promise<RecordMachines>;
}

/** This server's own list, which records also come into otherwise than by a dump: from manifests, from other writers' points. */
export interface RecordCatalogue extends DumpRecords {
  /** Idempotent by id: the same record again changes nothing. */
  append(record: DumpRecord): Promise<void>;
}

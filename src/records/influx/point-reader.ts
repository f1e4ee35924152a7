import type { InfluxQuery } from '../../influx/influx-client.ts';
import { isInfluxError } from '../../influx/influx-error.ts';
import type { InfluxRow } from '../../influx/influx-values.ts';
import type { TimeRange } from '../../influx/windows.ts';
import type { CheckedFilter } from '../check-query.ts';
import type { DumpRecord } from '../dump-record.ts';
import type { RecordMachine, RecordOrder, Sourced } from '../dump-records.ts';
import type { Place, Reading } from '../page-steps.ts';
import { fromRow } from './point.ts';

export interface PointEntry extends Place {
  readonly record: DumpRecord;
}

export interface DaySums {
  readonly dumps: number;
  readonly sizeBytes: number;
  readonly durationSec: number;
  readonly pauseMs: number;
  readonly pauses: number;
}

/**
 * Reads the points of completed dumps in one of InfluxDB's languages, window by window. Each method stands on its own and
 * rejects with an InfluxError; a table or database that is not there is an empty one.
 */
export interface PointReader {
  readonly source: Sourced['source'];
  /** As the reading says, and complete: fewer than its limit only where there are no more. */
  read(filter: CheckedFilter, reading: Reading): Promise<PointEntry[]>;
  count(filter: CheckedFilter): Promise<number>;
  /** Names of the machines: ids where they are known. */
  machines(filter: CheckedFilter): Promise<ReadonlySet<string>>;
  /** The same with what a list of them shows. */
  listMachines(filter: CheckedFilter): Promise<ReadonlyMap<string, RecordMachine>>;
  size(filter: CheckedFilter): Promise<number>;
  duration(filter: CheckedFilter): Promise<{ readonly totalSec: number; readonly dumps: number }>;
  /** Epoch microseconds; null where nothing matches. */
  last(filter: CheckedFilter): Promise<number | null>;
  /** By the epoch microseconds of their midnights. */
  days(filter: CheckedFilter): Promise<ReadonlyMap<number, DaySums>>;
  get(ids: readonly string[]): Promise<ReadonlyMap<string, DumpRecord>>;
}

/** A moment by which everything of one request has to be done. */
export interface Deadline {
  /** Milliseconds that are left; throws TIMEOUT when none are. */
  left(): number;
  /** Something was answered: the server is there. */
  heard(): void;
}

export function rangeOf({ fromUs, untilUs }: CheckedFilter): TimeRange {
  return { fromUs, untilUs };
}

/** In the order of time, what lies beyond the places need not be read. */
export function narrow(range: TimeRange, { order, after, before }: Reading): TimeRange {
  if (order.by !== 'TIME') return range;
  const [lower, upper] = order.direction === 'ASC' ? [after, before] : [before, after];
  return {
    fromUs: Math.max(range.fromUs, Number(lower?.key ?? 0)),
    untilUs: Math.min(range.untilUs, Number(upper?.key ?? range.untilUs) + 1),
  };
}

export function toEntry(row: InfluxRow, timeUs: number, by: RecordOrder['by']): PointEntry {
  const record = fromRow(row, timeUs);
  const keys = { TIME: timeUs, DURATION: record.durationSec, SIZE: record.sizeBytes, VM: String(row.dom ?? '') };
  return { key: keys[by], id: record.id, record };
}

/** Sorts as the stores do: numbers by value, texts by their UTF-8 bytes. */
export function comparePlaces({ direction }: RecordOrder): (a: Place, b: Place) => number {
  const sign = direction === 'ASC' ? 1 : -1;
  return (a, b) => sign * (compareKeys(a.key, b.key) || compareKeys(a.id, b.id));
}

function compareKeys(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

/** Adds up what windows and instances say of a machine; its name and number are those of its newest record. */
export function addMachine(machines: Map<string, RecordMachine>, machine: RecordMachine): void {
  const before = machines.get(machine.machineId);
  const newer = before === undefined || machine.lastDumpUs >= before.lastDumpUs ? machine : before;
  machines.set(machine.machineId, { ...newer, dumps: machine.dumps + (before?.dumps ?? 0) });
}

export function machineOfRecord({ machineId, dom, vmid, timeUs }: DumpRecord): RecordMachine {
  return { machineId, dom, vmid, dumps: 1, lastDumpUs: timeUs };
}

/** Asks within the deadline. Where the table or the database is not there yet, the store is empty. */
export async function askInTime(
  send: (query: InfluxQuery) => Promise<InfluxRow[]>,
  query: InfluxQuery,
  deadline: Deadline,
): Promise<InfluxRow[]> {
  try {
    const rows = await send({ ...query, timeoutMs: deadline.left() });
    deadline.heard();
    return rows;
  } catch (error) {
    if (!isInfluxError(error, 'TIMEOUT', 'UNREACHABLE')) deadline.heard();
    if (isInfluxError(error, 'NO_TABLE', 'NO_DATABASE')) return [];
    throw error;
  }
}

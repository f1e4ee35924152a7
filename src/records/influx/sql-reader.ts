// Long: one reader has one way through windows, columns and cursors; its methods share all three.
import type { InfluxClient, InfluxQuery } from '../../influx/influx-client.ts';
import { InfluxError, isInfluxError } from '../../influx/influx-error.ts';
import type { InfluxRow } from '../../influx/influx-values.ts';
import { shortUs, type TimeRange, type Visited, walkWindows } from '../../influx/windows.ts';
import { type CheckedFilter, maxTimeUs } from '../check-query.ts';
import type { DumpRecord } from '../dump-record.ts';
import type { RecordMachine } from '../dump-records.ts';
import type { Reading } from '../page-steps.ts';
import { dumpFields, dumpTags, fromRow, momentOfPoint, number } from './point.ts';
import {
  addMachine,
  askInTime,
  comparePlaces,
  type DaySums,
  type Deadline,
  narrow,
  type PointEntry,
  type PointReader,
  rangeOf,
  toEntry,
} from './point-reader.ts';
import {
  type Columns,
  columnsQuery,
  daysQuery,
  machinesQuery,
  maxMachines,
  measureQueries,
  rowsByIdQuery,
  rowsOfMomentQuery,
  rowsQuery,
} from './sql.ts';

/** Places from the start of a list that is not in the order of time: each window has to give so many rows. */
const maxSorted = 10_000;

/** Rows within which a page is near the start of what it reads. */
const shortPage = 1_000;

/** Shared by all requests: the columns of a table that has all that are looked at. Until then it may get one at any time. */
export interface ColumnMemory {
  complete: Columns | null;
}

export function createSqlReader(client: InfluxClient, memory: ColumnMemory, deadline: Deadline): PointReader {
  const ask = (query: InfluxQuery) => askInTime(client.sql, query, deadline);

  let asked: Promise<Columns> | undefined;
  async function columns(): Promise<Columns> {
    if (memory.complete !== null) return memory.complete;
    asked ??= ask(columnsQuery).then((rows) => new Set(rows.map((row) => String(row.column_name))));
    const found = await asked;
    if (dumpFields.every(({ name }) => found.has(name))) memory.complete = found;
    return found;
  }

  /** Asks with the columns that there are, and once more if the memory of them was wrong. */
  async function askTable(query: (columns: Columns) => InfluxQuery): Promise<InfluxRow[]> {
    const known = await columns();
    // Without these there is no table of dumps yet.
    if (![...dumpTags, 'sha256'].every((name) => known.has(name))) return [];
    try {
      return await ask(query(known));
    } catch (error) {
      if (!isInfluxError(error, 'NO_COLUMN')) throw error;
      memory.complete = null;
      asked = undefined;
      return ask(query(await columns()));
    }
  }

  const walk = (
    range: TimeRange,
    direction: 'ASC' | 'DESC',
    visit: (window: TimeRange) => Promise<Visited>,
    firstUs?: number,
  ) => walkWindows(range, direction, Date.now() * 1000, visit, firstUs);

  async function readInOrderOfTime(filter: CheckedFilter, reading: Reading): Promise<PointEntry[]> {
    const entries: PointEntry[] = [];
    let skip = reading.offset ?? 0;
    const { after, before } = reading;
    const visit = async (window: TimeRange): Promise<Visited> => {
      if (after !== undefined || before !== undefined) return visitWithin(window);
      if (skip > 0) {
        const [row] = await askTable((known) => measureQueries.count(known, filter, window));
        const dumps = number(row?.n) ?? 0;
        if (dumps <= skip) {
          skip -= dumps;
          return dumps === 0 ? 'EMPTY' : 'MORE';
        }
      }
      const limit = reading.limit - entries.length;
      const rows = await askTable((known) => rowsQuery(known, filter, window, { ...reading, limit, offset: skip }));
      skip = 0;
      entries.push(...rows.map((row) => toSqlEntry(row, reading)));
      return entries.length >= reading.limit ? 'DONE' : rows.length === 0 ? 'EMPTY' : 'MORE';
    };
    const visitWithin = async (window: TimeRange): Promise<Visited> => {
      const wanted = skip + reading.limit - entries.length;
      const { within, isEmpty } = await readWithin(filter, window, reading, wanted);
      entries.push(...within.slice(skip, wanted));
      skip = Math.max(0, skip - within.length);
      return entries.length >= reading.limit ? 'DONE' : isEmpty ? 'EMPTY' : 'MORE';
    };
    // A page's rows are near its start; who skips many, or reads many, goes in long strides.
    const isShort = skip + reading.limit <= shortPage;
    await walk(narrow(rangeOf(filter), reading), reading.order.direction, visit, isShort ? shortUs : undefined);
    return entries;
  }

  /**
   * The first `wanted` rows of a window that lie between the reading's cursors. The server is asked for a few more than that,
   * because only here can be told which rows of a cursor's own key are meant; and for more again where that was not enough.
   */
  async function readWithin(filter: CheckedFilter, window: TimeRange, reading: Reading, wanted: number) {
    const { order, after, before } = reading;
    const compare = comparePlaces(order);
    const isPart = (entry: PointEntry) =>
      (!after || compare(entry, after) > 0) && (!before || compare(entry, before) < 0);
    for (let limit = after || before ? wanted + 16 : wanted; ; limit *= 8) {
      const size = limit;
      const rows = await askTable((known) => rowsQuery(known, filter, window, { ...reading, limit: size, offset: 0 }));
      const within = rows.map((row) => toSqlEntry(row, reading)).filter(isPart);
      if (within.length < wanted && rows.length === size) continue;
      return { within, isEmpty: rows.length === 0 };
    }
  }

  /** The first of each window, merged: exact, however long the range. */
  async function readInOtherOrder(filter: CheckedFilter, reading: Reading): Promise<PointEntry[]> {
    const { offset = 0, order } = reading;
    const limit = offset + reading.limit;
    if (limit > maxSorted)
      throw new InfluxError('TOO_MUCH', `more than ${maxSorted} places from the start of the list`);
    let entries: PointEntry[] = [];
    await walk(rangeOf(filter), 'DESC', async (window) => {
      const { within, isEmpty } = await readWithin(filter, window, reading, limit);
      entries = [...entries, ...within].sort(comparePlaces(order)).slice(0, limit);
      return isEmpty ? 'EMPTY' : 'MORE';
    });
    return entries.slice(offset);
  }

  /** Adds up what a statement says of each window; `add` answers whether the window held anything. */
  async function addUp(
    filter: CheckedFilter,
    query: (columns: Columns, filter: CheckedFilter, range: TimeRange) => InfluxQuery,
    add: (rows: readonly InfluxRow[]) => boolean,
  ): Promise<void> {
    await walk(rangeOf(filter), 'DESC', async (window) => {
      const rows = await askTable((known) => query(known, filter, window));
      return add(rows) ? 'MORE' : 'EMPTY';
    });
  }

  return {
    source: 'INFLUX_SQL',
    read: (filter, reading) =>
      reading.order.by === 'TIME' ? readInOrderOfTime(filter, reading) : readInOtherOrder(filter, reading),
    async count(filter) {
      let total = 0;
      await addUp(filter, measureQueries.count, ([row]) => {
        const dumps = number(row?.n) ?? 0;
        total += dumps;
        return dumps > 0;
      });
      return total;
    },
    async machines(filter) {
      const machines = new Set<string>();
      await addUp(filter, measureQueries.machines, (rows) => {
        for (const row of rows) machines.add(String(row.machine));
        if (machines.size > maxMachines) throw new InfluxError('TOO_MUCH', `more than ${maxMachines} machines`);
        return rows.length > 0;
      });
      return machines;
    },
    async listMachines(filter) {
      const machines = new Map<string, RecordMachine>();
      await addUp(filter, machinesQuery, (rows) => {
        for (const row of rows) {
          const { machineId, dom, vmid } = fromRow(row, 0);
          const lastDumpUs = Number(BigInt(row.last_ns as bigint) / 1000n);
          addMachine(machines, { machineId, dom, vmid, dumps: number(row.dumps) ?? 0, lastDumpUs });
        }
        if (machines.size > maxMachines) throw new InfluxError('TOO_MUCH', `more than ${maxMachines} machines`);
        return rows.length > 0;
      });
      return machines;
    },
    async size(filter) {
      let total = 0;
      await addUp(filter, measureQueries.size, ([row]) => {
        const size = number(row?.total);
        total += size ?? 0;
        return size !== null;
      });
      return total;
    },
    async duration(filter) {
      let [totalSec, dumps] = [0, 0];
      await addUp(filter, measureQueries.duration, ([row]) => {
        totalSec += number(row?.total) ?? 0;
        dumps += number(row?.n) ?? 0;
        return (number(row?.n) ?? 0) > 0;
      });
      return { totalSec, dumps };
    },
    async last(filter) {
      let last: number | null = null;
      await walk(rangeOf(filter), 'DESC', async (window) => {
        const [row] = await askTable((known) => measureQueries.last(known, filter, window));
        if (row?.last_ns != null) last = Number(BigInt(row.last_ns) / 1000n);
        return last === null ? 'EMPTY' : 'DONE';
      });
      return last;
    },
    async days(filter) {
      const days = new Map<number, DaySums>();
      await addUp(filter, daysQuery, (rows) => {
        for (const row of rows) addDay(days, Number(BigInt(row.day_ns as bigint) / 1000n), row);
        return rows.length > 0;
      });
      return days;
    },
    async get(ids) {
      const found = new Map<string, DumpRecord>();
      const wanted = new Set(ids);
      const keep = (rows: readonly InfluxRow[]) => {
        for (const row of rows) {
          const { record } = toEntry(row, timeOf(row), 'TIME');
          if (wanted.has(record.id)) found.set(record.id, record);
        }
      };
      const moments = new Set(ids.map(momentOfPoint).filter((moment) => moment !== null));
      for (const fromUs of moments) keep(await askTable(() => rowsOfMomentQuery({ fromUs, untilUs: fromUs + 1 })));
      const own = ids.filter((id) => momentOfPoint(id) === null);
      if (own.length === 0) return found;
      await walk({ fromUs: 0, untilUs: maxTimeUs }, 'DESC', async (window) => {
        const rows = await askTable((known) => rowsByIdQuery(known, own, window));
        keep(rows);
        return found.size >= wanted.size ? 'DONE' : rows.length === 0 ? 'EMPTY' : 'MORE';
      });
      return found;
    },
  };
}

function timeOf(row: InfluxRow): number {
  return Number(BigInt(row.time_ns as bigint) / 1000n);
}

function toSqlEntry(row: InfluxRow, { order }: Reading): PointEntry {
  return toEntry(row, timeOf(row), order.by);
}

export function addDay(days: Map<number, DaySums>, dayUs: number, row: InfluxRow): void {
  const before = days.get(dayUs);
  days.set(dayUs, {
    dumps: (before?.dumps ?? 0) + (number(row.dumps) ?? 0),
    sizeBytes: (before?.sizeBytes ?? 0) + (number(row.size) ?? 0),
    durationSec: (before?.durationSec ?? 0) + (number(row.seconds) ?? 0),
    pauseMs: (before?.pauseMs ?? 0) + (number(row.pause) ?? 0),
    pauses: (before?.pauses ?? 0) + (number(row.pauses) ?? 0),
  });
}

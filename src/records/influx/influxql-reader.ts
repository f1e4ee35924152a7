import type { InfluxClient, InfluxQuery } from '../../influx/influx-client.ts';
import { InfluxError } from '../../influx/influx-error.ts';
import type { InfluxRow } from '../../influx/influx-values.ts';
import { type TimeRange, type Visited, walkWindows } from '../../influx/windows.ts';
import { type CheckedFilter, maxTimeUs } from '../check-query.ts';
import type { DumpRecord } from '../dump-record.ts';
import type { RecordMachine } from '../dump-records.ts';
import { matchesFilter } from '../filter-match.ts';
import type { Reading } from '../page-steps.ts';
import { daysQuery, isSayable, measureQueries, rowsQuery } from './influxql.ts';
import { number } from './point.ts';
import {
  addMachine,
  askInTime,
  comparePlaces,
  type DaySums,
  type Deadline,
  machineOfRecord,
  narrow,
  type PointEntry,
  type PointReader,
  rangeOf,
  toEntry,
} from './point-reader.ts';
import { addDay } from './sql-reader.ts';

/** Over Flight, or over plain HTTP where that is blocked or the server is older. */
export type InfluxQlWay = 'FLIGHT' | 'HTTP';

const chunk = 1_000;
/** Rows that are read one by one for an answer that InfluxQL cannot give itself. */
const maxScanned = 50_000;

export function createInfluxQlReader(client: InfluxClient, way: InfluxQlWay, deadline: Deadline): PointReader {
  const send = way === 'FLIGHT' ? client.influxql : client.influxqlHttp;
  const ask = (query: InfluxQuery) => askInTime(send, query, deadline);
  const walk = (range: TimeRange, direction: 'ASC' | 'DESC', visit: (window: TimeRange) => Promise<Visited>) =>
    walkWindows(range, direction, Date.now() * 1000, visit);
  /** Milliseconds with a fraction over Flight (exact to the microsecond), nanoseconds over HTTP. */
  const timeOf = ({ time }: InfluxRow) =>
    way === 'FLIGHT' ? Math.round(Number(time) * 1000) : Number(BigInt(time as number | bigint) / 1000n);

  /** Reads records in the order of time, those of one moment together; ends when `take` has enough. */
  async function scan(
    filter: CheckedFilter,
    range: TimeRange,
    order: Reading['order'],
    take: (entries: PointEntry[]) => boolean,
  ): Promise<void> {
    const { direction } = order;
    let scanned = 0;
    await walk(range, direction, async (window) => {
      let rest = window;
      let size = chunk;
      let found = false;
      for (;;) {
        const rows = await ask(rowsQuery(filter, rest, direction, size));
        scanned += rows.length;
        if (scanned > maxScanned) throw new InfluxError('TOO_MUCH', `more than ${maxScanned} records to scan`);
        found ||= rows.length > 0;
        const times = rows.map(timeOf);
        // The last moment of a full chunk may go on in the next one: it is read again from its start.
        const last = rows.length === size ? times.at(-1) : undefined;
        if (last !== undefined && times[0] === last) {
          size *= 10;
          continue;
        }
        const whole = rows.filter((row, at) => row.sha256 != null && times[at] !== last);
        const entries = whole.map((row) => toEntry(row, timeOf(row), order.by));
        if (
          takeByMoment(
            entries.filter(({ record }) => matchesFilter(record, filter)),
            take,
          )
        )
          return 'DONE';
        if (last === undefined) return found ? 'MORE' : 'EMPTY';
        rest = direction === 'DESC' ? { ...rest, untilUs: last + 1 } : { ...rest, fromUs: last };
        size = chunk;
      }
    });
  }

  async function readInOrderOfTime(filter: CheckedFilter, reading: Reading): Promise<PointEntry[]> {
    const { order, limit, offset = 0 } = reading;
    const entries: PointEntry[] = [];
    let skip = offset;
    await scan(filter, narrow(rangeOf(filter), reading), order, (moment) => {
      for (const entry of moment.sort(comparePlaces(order)).filter((found) => isWithin(found, reading))) {
        if (skip > 0) skip -= 1;
        else entries.push(entry);
      }
      return entries.length >= limit;
    });
    return entries.slice(0, limit);
  }

  async function readInOtherOrder(filter: CheckedFilter, reading: Reading): Promise<PointEntry[]> {
    const { order, limit, offset = 0 } = reading;
    const entries = (await scanAll(filter, order)).filter((entry) => isWithin(entry, reading));
    return entries.sort(comparePlaces(order)).slice(offset, offset + limit);
  }

  async function scanAll(filter: CheckedFilter, order: Reading['order']): Promise<PointEntry[]> {
    const all: PointEntry[] = [];
    // The keys are of the order that was asked for; it is read newest first in any case.
    await scan(filter, rangeOf(filter), { by: order.by, direction: 'DESC' }, (moment) => {
      all.push(...moment);
      return false;
    });
    return all;
  }

  const allRecords = async (filter: CheckedFilter): Promise<DumpRecord[]> =>
    (await scanAll(filter, { by: 'TIME', direction: 'DESC' })).map(({ record }) => record);

  /** What a statement says of each window. */
  async function collect(
    filter: CheckedFilter,
    query: (filter: CheckedFilter, range: TimeRange) => InfluxQuery,
    take: (row: InfluxRow) => void,
  ): Promise<void> {
    await walk(rangeOf(filter), 'DESC', async (window) => {
      const rows = await ask(query(filter, window));
      for (const row of rows) take(row);
      return rows.length > 0 ? 'MORE' : 'EMPTY';
    });
  }

  return {
    source: way === 'FLIGHT' ? 'INFLUX_QL' : 'INFLUX_HTTP',
    read: (filter, reading) =>
      reading.order.by === 'TIME' ? readInOrderOfTime(filter, reading) : readInOtherOrder(filter, reading),
    async count(filter) {
      if (!isSayable(filter)) return (await allRecords(filter)).length;
      let total = 0;
      await collect(filter, measureQueries.count, (row) => (total += number(row.n) ?? 0));
      return total;
    },
    async machines(filter) {
      if (!isSayable(filter)) return new Set((await allRecords(filter)).map(({ machineId }) => machineId));
      const machines = new Set<string>();
      await collect(filter, measureQueries.machineIds, ({ machine }) => machine && machines.add(String(machine)));
      await collect(filter, measureQueries.machineNames, ({ dom, n, known }) => {
        if ((number(n) ?? 0) > (number(known) ?? 0)) machines.add(`dom:${dom}`);
      });
      return machines;
    },
    async listMachines(filter) {
      const machines = new Map<string, RecordMachine>();
      for (const record of await allRecords(filter)) addMachine(machines, machineOfRecord(record));
      return machines;
    },
    async size(filter) {
      if (!isSayable(filter)) return (await allRecords(filter)).reduce((total, { sizeBytes }) => total + sizeBytes, 0);
      let total = 0;
      await collect(filter, measureQueries.size, (row) => (total += number(row.total) ?? 0));
      return total;
    },
    async duration(filter) {
      let [totalSec, dumps] = [0, 0];
      if (isSayable(filter)) {
        await collect(filter, measureQueries.duration, (row) => {
          totalSec += number(row.total) ?? 0;
          dumps += number(row.n) ?? 0;
        });
        return { totalSec, dumps };
      }
      const records = await allRecords(filter);
      return { totalSec: records.reduce((total, record) => total + record.durationSec, 0), dumps: records.length };
    },
    async last(filter) {
      const [entry] = await readInOrderOfTime(filter, { order: { by: 'TIME', direction: 'DESC' }, limit: 1 });
      return entry?.record.timeUs ?? null;
    },
    async days(filter) {
      const days = new Map<number, DaySums>();
      if (isSayable(filter)) {
        await collect(filter, daysQuery, (row) => number(row.dumps) && addDay(days, timeOf(row), row));
        return days;
      }
      for (const { timeUs, sizeBytes, durationSec, guestPauseMs } of await allRecords(filter)) {
        addDay(days, timeUs - (timeUs % 86_400_000_000), {
          dumps: 1,
          size: sizeBytes,
          seconds: durationSec,
          pause: guestPauseMs,
          pauses: guestPauseMs === null ? 0 : 1,
        });
      }
      return days;
    },
    async get(ids) {
      const found = new Map<string, DumpRecord>();
      const everything: CheckedFilter = {
        vms: null,
        states: ['AVAILABLE', 'DELETED', 'DAMAGED'],
        fromUs: 0,
        untilUs: maxTimeUs,
        search: null,
        hashPart: null,
        empty: false,
      };
      await scan(everything, rangeOf(everything), { by: 'TIME', direction: 'DESC' }, (moment) => {
        for (const { record } of moment) if (ids.includes(record.id)) found.set(record.id, record);
        return found.size >= ids.length;
      });
      return found;
    },
  };
}

/** Gives the entries of each moment at once; true when enough were taken. */
function takeByMoment(entries: readonly PointEntry[], take: (moment: PointEntry[]) => boolean): boolean {
  for (const moment of Map.groupBy(entries, ({ record }) => record.timeUs).values()) if (take(moment)) return true;
  return false;
}

function isWithin(entry: PointEntry, { order, after, before }: Reading): boolean {
  const compare = comparePlaces(order);
  return (after === undefined || compare(entry, after) > 0) && (before === undefined || compare(entry, before) < 0);
}

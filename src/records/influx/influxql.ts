import type { InfluxQuery } from '../../influx/influx-client.ts';
import type { InfluxParameters } from '../../influx/influx-values.ts';
import { toTagValue } from '../../influx/tag-text.ts';
import type { TimeRange } from '../../influx/windows.ts';
import { allRecordStates, type CheckedFilter } from '../check-query.ts';
import { dumpsTable } from './point.ts';

// Every InfluxQL statement about dumps. InfluxQL orders by time alone, knows no part of a text but by regular expression, and
// compares nothing with what is missing: what cannot be said in it is decided here row by row.

/** Whether the whole filter can be said in InfluxQL, so that the server can count and add up. */
export function isSayable({ search, states }: CheckedFilter): boolean {
  return search === null && states.length === allRecordStates.length;
}

/** Rows of the range, those of the named machines if any are named; the rest of the filter is for the reader to test. */
export function rowsQuery(
  filter: CheckedFilter,
  range: TimeRange,
  direction: 'ASC' | 'DESC',
  limit: number,
): InfluxQuery {
  return finish('*', filter, range, `ORDER BY time ${direction} LIMIT ${limit}`);
}

export const measureQueries = {
  count: (filter: CheckedFilter, range: TimeRange) => finish('COUNT(sha256) AS n', filter, range),
  size: (filter: CheckedFilter, range: TimeRange) => finish('SUM(gzip_size_bytes) AS total', filter, range),
  duration: (filter: CheckedFilter, range: TimeRange) =>
    finish('SUM(duration_sec) AS total, COUNT(duration_sec) AS n', filter, range),
  /** Machines that are known by id, and those of other writers, which are known by name. */
  machineIds: (filter: CheckedFilter, range: TimeRange) => finish('DISTINCT(machine_id) AS machine', filter, range),
  machineNames: (filter: CheckedFilter, range: TimeRange) =>
    finish('COUNT(sha256) AS n, COUNT(machine_id) AS known', filter, range, 'GROUP BY dom'),
} as const;

export function daysQuery(filter: CheckedFilter, range: TimeRange): InfluxQuery {
  const measures =
    'COUNT(sha256) AS dumps, SUM(gzip_size_bytes) AS size, SUM(duration_sec) AS seconds, ' +
    'SUM(guest_pause_ms) AS pause, COUNT(guest_pause_ms) AS pauses';
  return finish(measures, filter, range, 'GROUP BY time(1d) fill(none)');
}

function finish(select: string, { vms }: CheckedFilter, range: TimeRange, rest = ''): InfluxQuery {
  const parameters: Record<string, string> = {};
  const conditions = [`time >= ${range.fromUs}000 AND time < ${range.untilUs}000`];
  if (vms !== null) conditions.push(isNamed(vms, parameters));
  const text = `SELECT ${select} FROM ${dumpsTable} WHERE ${conditions.join(' AND ')}${rest && ` ${rest}`}`;
  return { text, parameters: parameters satisfies InfluxParameters };
}

function isNamed(vms: readonly string[], parameters: Record<string, string>): string {
  const either: string[] = [];
  const is = (column: string, values: readonly string[]) => {
    for (const value of values) {
      const name = `${column}${either.length}`;
      parameters[name] = value;
      either.push(`${column} = $${name}`);
    }
  };
  const tags = [...new Set(vms.flatMap((vm) => [vm, toTagValue(vm)]))];
  is('dom', tags);
  is('vmid', tags);
  is('machine_id', vms);
  return `(${either.join(' OR ')})`;
}

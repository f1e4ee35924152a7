import { numberOf, type Row, rowOf } from '../../database/row.ts';
import { isOneOf, joinSql, type Queries, type Sql } from './queries.ts';
import { dayUs, everyInstance, sliceUs } from './schema.ts';
import { isHashHit, isInRange, isInStates, isOfAllTime, type Selection } from './selection.ts';
import { cover, type Stretch } from './time-cover.ts';

/** What is known of any number of records without reading them. */
export interface Totals {
  readonly dumps: number;
  readonly sizeBytes: number;
  readonly durationUs: number;
  readonly pauses: number;
  readonly pauseUs: number;
}

// A sum above 2^53 is given as the nearest double rather than refused: the bytes of all dumps may reach it.
const sums = (table: { dumps: string; duration: string; pauses: string; pause: string }) => `
  CAST(coalesce(sum(${table.dumps}), 0) AS REAL) AS dumps,
  CAST(coalesce(sum(size_bytes), 0) AS REAL) AS size_bytes,
  CAST(coalesce(sum(${table.duration}), 0) AS REAL) AS duration_us,
  CAST(coalesce(sum(${table.pauses}), 0) AS REAL) AS pauses,
  CAST(coalesce(sum(${table.pause}), 0) AS REAL) AS pause_us`;
const sumsOfSlices = sums({ dumps: 'dumps', duration: 'duration_us', pauses: 'pauses', pause: 'pause_us' });
const sumsOfRecords = sums({
  dumps: '1',
  duration: 'CAST(round(duration_sec * 1e6) AS INTEGER)',
  pauses: 'guest_pause_ms IS NOT NULL',
  pause: 'CAST(round(guest_pause_ms * 1e3) AS INTEGER)',
});

export function readTotals(queries: Queries, selection: Selection): Totals {
  const sources = isOfAllTime(selection)
    ? [wholeSource(selection)]
    : stretches(selection, allSlices).map((stretch) => source(queries, selection, stretch));
  const parts = sources.map(({ columns, from }) => {
    return queries.first({ text: `SELECT ${columns} ${from.text}`, values: from.values });
  });
  if (selection.hash !== null) {
    const from = hashHits(selection);
    parts.push(queries.first({ text: `SELECT ${sumsOfRecords} ${from.text}`, values: from.values }));
  }
  return parts.map((row) => toTotals(rowOf(row))).reduce(add, nothing);
}

/** Days that have records, ascending, by the epoch microseconds of their midnights. */
export function readDays(queries: Queries, selection: Selection): Map<number, Totals> {
  const days = new Map<number, Totals>();
  const collect = (columns: string, time: string, from: Sql) => {
    const text = `SELECT ${time} - ${time} % ${dayUs} AS day, ${columns} ${from.text} GROUP BY 1`;
    for (const row of queries.all({ text, values: from.values })) {
      const day = numberOf(row, 'day');
      const totals = add(days.get(day) ?? nothing, toTotals(row));
      if (totals.dumps > 0) days.set(day, totals);
    }
  };
  for (const stretch of stretches(selection, [sliceUs.day, sliceUs.hour])) {
    const { columns, from, time } = source(queries, selection, stretch);
    collect(columns, time, from);
  }
  if (selection.hash !== null) collect(sumsOfRecords, 'time_us', hashHits(selection));
  return new Map([...days].sort(([a], [b]) => a - b));
}

/**
 * Where the record with this number in the order of time lies: a narrower range that starts (in the order's direction) with
 * the slice that holds it, and how many records of that range precede it. Null if there are not so many.
 */
export function locate(queries: Queries, selection: Selection, direction: 'ASC' | 'DESC', offset: number) {
  const slices = usableSlices(selection, allSlices);
  let left = offset;
  const inOrder = <T>(items: T[]): T[] => (direction === 'ASC' ? items : items.reverse());
  const find = (candidates: Stretch[]): Stretch | null => {
    for (const stretch of inOrder(candidates)) {
      const { columns, from } = source(queries, selection, stretch);
      const { dumps } = toTotals(queries.first({ text: `SELECT ${columns} ${from.text}`, values: from.values }) ?? {});
      if (left >= dumps) left -= dumps;
      else return stretch.sliceUs === null ? stretch : descend(stretch.sliceUs, from, stretch);
    }
    return null;
  };
  const descend = (slice: number, from: Sql, within: Stretch): Stretch | null => {
    const text = `SELECT start_us, sum(dumps) AS dumps ${from.text} GROUP BY start_us ORDER BY start_us ${direction}`;
    for (const row of queries.all({ text, values: from.values })) {
      const fromUs = numberOf(row, 'start_us');
      if (left >= numberOf(row, 'dumps')) left -= numberOf(row, 'dumps');
      else return find(cover(fromUs, fromUs + slice, slices.slice(slices.indexOf(slice) + 1)));
    }
    return within;
  };
  const found = find(stretches(selection, slices));
  if (found === null) return null;
  const range = direction === 'ASC' ? { fromUs: found.fromUs } : { untilUs: found.untilUs };
  return { selection: { ...selection, ...range }, offset: left };
}

const allSlices = [sliceUs.block, sliceUs.day, sliceUs.hour];

/** Hours are kept for all machines together only. */
function usableSlices({ instances }: Selection, slices: readonly number[]): readonly number[] {
  return instances === null ? slices : slices.filter((slice) => slice >= dayUs);
}

function stretches(selection: Selection, slices: readonly number[]): Stretch[] {
  return cover(selection.fromUs, selection.untilUs, usableSlices(selection, slices));
}

/** What is read for all of time. */
function wholeSource({ instances, states }: Selection): { columns: string; from: Sql } {
  const conditions = joinSql([isOneOf('instance', instances ?? [everyInstance]), isInStates(states)], ' AND ');
  return {
    columns: sumsOfSlices,
    from: { text: `FROM record_totals WHERE ${conditions.text}`, values: conditions.values },
  };
}

/** What of a stretch is read for the instances of a selection: sums of slices, or records. */
function source(
  queries: Queries,
  selection: Selection,
  stretch: Stretch,
): { columns: string; from: Sql; time: string } {
  const { instances, states } = selection;
  const inStates = isInStates(states);
  if (stretch.sliceUs !== null) {
    const conditions = joinSql(
      [
        { text: 'slice_us = ?', values: [stretch.sliceUs] },
        isOneOf('instance', instances ?? [everyInstance]),
        { text: 'start_us >= ? AND start_us < ?', values: [stretch.fromUs, stretch.untilUs] },
        inStates,
      ],
      ' AND ',
    );
    const from = { text: `FROM record_sums WHERE ${conditions.text}`, values: conditions.values };
    return { columns: sumsOfSlices, from, time: 'start_us' };
  }
  const index =
    instances !== null && instances.length <= queries.limits.lookedUp ? 'records_by_instance' : 'records_by_time';
  const conditions = joinSql(
    [inStates, isInRange(stretch), ...(instances === null ? [] : [isOneOf('instance', instances)])],
    ' AND ',
  );
  const from = { text: `FROM records INDEXED BY ${index} WHERE ${conditions.text}`, values: conditions.values };
  return { columns: sumsOfRecords, from, time: 'time_us' };
}

function hashHits(selection: Selection): Sql {
  const conditions = joinSql([isHashHit(selection), isInStates(selection.states), isInRange(selection)], ' AND ');
  return { text: `FROM records NOT INDEXED WHERE ${conditions.text}`, values: conditions.values };
}

const nothing: Totals = { dumps: 0, sizeBytes: 0, durationUs: 0, pauses: 0, pauseUs: 0 };

function toTotals(row: Row): Totals {
  return {
    dumps: numberOf(row, 'dumps'),
    sizeBytes: numberOf(row, 'size_bytes'),
    durationUs: numberOf(row, 'duration_us'),
    pauses: numberOf(row, 'pauses'),
    pauseUs: numberOf(row, 'pause_us'),
  };
}

function add(a: Totals, b: Totals): Totals {
  return {
    dumps: a.dumps + b.dumps,
    sizeBytes: a.sizeBytes + b.sizeBytes,
    durationUs: a.durationUs + b.durationUs,
    pauses: a.pauses + b.pauses,
    pauseUs: a.pauseUs + b.pauseUs,
  };
}

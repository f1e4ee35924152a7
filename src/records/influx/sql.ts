import type { InfluxQuery } from '../../influx/influx-client.ts';
import type { InfluxParameters } from '../../influx/influx-values.ts';
import { toTagValue } from '../../influx/tag-text.ts';
import type { TimeRange } from '../../influx/windows.ts';
import { allRecordStates, type CheckedFilter } from '../check-query.ts';
import type { RecordOrder } from '../dump-records.ts';
import { type Place, type Reading, reverse } from '../page-steps.ts';
import { dumpFields, dumpsTable } from './point.ts';

// Every SQL statement that is ever sent to InfluxDB about dumps, in its DataFusion dialect. test/influx/dialect.test.ts runs each
// of them through an independent DataFusion. Numbers and times are our own and stand in the text; names and whatever else
// comes from outside are parameters.

/** The columns that the table has by now: naming another is an error until its first value is written. */
export type Columns = ReadonlySet<string>;

export const columnsQuery: InfluxQuery = {
  text: `SELECT column_name FROM information_schema.columns WHERE table_name = '${dumpsTable}'`,
};

interface Condition {
  readonly text: string;
  readonly parameters?: InfluxParameters;
}

const nulls = { utf8: 'VARCHAR', float64: 'DOUBLE', int64: 'BIGINT', bool: 'BOOLEAN' } as const;

/** The column, or a null of its type while the table has none. */
function column(columns: Columns, name: (typeof dumpFields)[number]['name']): string {
  const type = dumpFields.find((field) => field.name === name)?.type ?? 'utf8';
  return columns.has(name) ? name : `CAST(NULL AS ${nulls[type]})`;
}

/** The record's id, as `fromRow` makes it. */
const idOf = (columns: Columns) =>
  `coalesce(${column(columns, 'dump_id')}, concat('point:', (time::bigint / 1000)::varchar, ':', vmid, ':', dom))`;

/** The machine, as `fromRow` makes it. */
const machineOf = (columns: Columns) => `coalesce(${column(columns, 'machine_id')}, concat('dom:', dom))`;

/** What each order sorts by; names compare in the form that their tags have. */
const keyOf: Record<RecordOrder['by'], string> = {
  TIME: "date_trunc('microsecond', time)",
  DURATION: 'coalesce(duration_sec, 0.0)',
  SIZE: 'coalesce(gzip_size_bytes, 0)',
  VM: 'dom',
};

export function rowsQuery(columns: Columns, filter: CheckedFilter, range: TimeRange, reading: Reading): InfluxQuery {
  const { order, limit, offset = 0 } = reading;
  const { by, direction } = order;
  const conditions = [...conditionsOf(columns, filter, range), ...isBetween(reading)];
  const skip = offset > 0 ? ` OFFSET ${offset}` : '';
  return finish(
    'SELECT *, time::bigint AS time_ns',
    conditions,
    `ORDER BY ${keyOf[by]} ${direction}, ${idOf(columns)} ${direction} LIMIT ${limit}${skip}`,
  );
}

/** Rows of dumps that carry one of these ids themselves. */
export function rowsByIdQuery(columns: Columns, ids: readonly string[], range: TimeRange): InfluxQuery {
  const conditions = [...isWithin(range), isOneOf(column(columns, 'dump_id'), 'id', ids)];
  return finish('SELECT *, time::bigint AS time_ns', conditions, `LIMIT ${ids.length}`);
}

/** Every row of a short range: another writer's points have no other id than their moment, machine and name. */
export function rowsOfMomentQuery(range: TimeRange): InfluxQuery {
  return finish('SELECT *, time::bigint AS time_ns', isWithin(range));
}

/** The five measures, each a statement of its own, so that each can fail by itself. */
export const measureQueries = {
  count: (columns: Columns, filter: CheckedFilter, range: TimeRange) =>
    finish('SELECT count(*) AS n', conditionsOf(columns, filter, range)),
  size: (columns: Columns, filter: CheckedFilter, range: TimeRange) =>
    finish('SELECT sum(gzip_size_bytes) AS total', conditionsOf(columns, filter, range)),
  duration: (columns: Columns, filter: CheckedFilter, range: TimeRange) =>
    finish('SELECT sum(duration_sec) AS total, count(duration_sec) AS n', conditionsOf(columns, filter, range)),
  last: (columns: Columns, filter: CheckedFilter, range: TimeRange) =>
    finish('SELECT max(time)::bigint AS last_ns', conditionsOf(columns, filter, range)),
  machines: (columns: Columns, filter: CheckedFilter, range: TimeRange) =>
    finish(
      `SELECT DISTINCT ${machineOf(columns)} AS machine`,
      conditionsOf(columns, filter, range),
      `LIMIT ${maxMachines + 1}`,
    ),
} as const;

/** Instances: a machine that was renamed or restarted has several. `dump_id` says whether tags are in our own form. */
export function machinesQuery(columns: Columns, filter: CheckedFilter, range: TimeRange): InfluxQuery {
  const [id, machine] = [column(columns, 'dump_id'), column(columns, 'machine_id')];
  return finish(
    `SELECT dom, vmid, max(${machine}) AS machine_id, max(${id}) AS dump_id, count(*) AS dumps, max(time)::bigint AS last_ns`,
    conditionsOf(columns, filter, range),
    `GROUP BY dom, vmid, ${machineOf(columns)} LIMIT ${maxMachines + 1}`,
  );
}

/** Machines that are told apart; with more, their number is not known. */
export const maxMachines = 100_000;

export function daysQuery(columns: Columns, filter: CheckedFilter, range: TimeRange): InfluxQuery {
  const pause = column(columns, 'guest_pause_ms');
  const measures = [
    'count(*) AS dumps',
    'sum(gzip_size_bytes) AS size',
    'sum(duration_sec) AS seconds',
    `sum(${pause}) AS pause`,
    `count(${pause}) AS pauses`,
  ].join(', ');
  return finish(
    `SELECT date_bin(INTERVAL '1 day', time)::bigint AS day_ns, ${measures}`,
    conditionsOf(columns, filter, range),
    'GROUP BY 1 ORDER BY 1',
  );
}

function finish(select: string, conditions: readonly Condition[], rest = ''): InfluxQuery {
  const where = conditions.map(({ text }) => text).join(' AND ');
  const parameters = Object.assign({}, ...conditions.map((condition) => condition.parameters ?? {}));
  return { text: `${select} FROM ${dumpsTable} WHERE ${where}${rest && ` ${rest}`}`, parameters };
}

function conditionsOf(columns: Columns, filter: CheckedFilter, range: TimeRange): Condition[] {
  const { vms, states, search, hashPart } = filter;
  const conditions = isWithin(range);
  if (vms !== null) {
    const tags = [...new Set(vms.flatMap((vm) => [vm, toTagValue(vm)]))];
    conditions.push(
      anyOf([
        isOneOf('dom', 'dom', tags),
        isOneOf('vmid', 'vmid', tags),
        isOneOf(machineOf(columns), 'machine', [...vms]),
      ]),
    );
  }
  if (states.length < allRecordStates.length) {
    const words = states.map((state) => `'${state}'`).join(', ');
    conditions.push({ text: `coalesce(${column(columns, 'state')}, 'AVAILABLE') IN (${words})` });
  }
  if (search !== null) {
    const inName = contains('dom', 'search', toTagValue(search));
    conditions.push(hashPart === null ? inName : anyOf([inName, contains('sha256', 'hash', hashPart)]));
  }
  return conditions;
}

/**
 * Comparisons of `time` that stand at the top of the WHERE clause are what the server chooses its files by. A point without a
 * hash is none of a dump: it is what is left of one whose other fields the server no longer knows.
 */
function isWithin({ fromUs, untilUs }: TimeRange): Condition[] {
  return [{ text: `time >= ${timestamp(fromUs)} AND time < ${timestamp(untilUs)} AND sha256 IS NOT NULL` }];
}

/**
 * Where a page begins and ends, with everything that shares the cursor's key: InfluxDB 3 cannot plan a condition in which time
 * is part of an expression, as it is in the id of a point. Which of the equal ones are meant is decided by who reads them. In
 * the order of time the range says it all.
 */
function isBetween({ order, after, before }: Reading): Condition[] {
  if (order.by === 'TIME') return [];
  return [
    ...(after ? [isFrom(order, after, 'after')] : []),
    ...(before ? [isFrom(reverse(order), before, 'before')] : []),
  ];
}

function isFrom({ by, direction }: RecordOrder, { key }: Place, name: string): Condition {
  const operator = direction === 'ASC' ? '>=' : '<=';
  if (by === 'VM') return { text: `${keyOf.VM} ${operator} $${name}_key`, parameters: { [`${name}_key`]: key } };
  return { text: `${keyOf[by]} ${operator} ${key}` };
}

function isOneOf(expression: string, name: string, values: readonly string[]): Condition {
  const parameters = Object.fromEntries(values.map((value, at) => [`${name}${at}`, value]));
  return {
    text: `${expression} IN (${Object.keys(parameters)
      .map((key) => `$${key}`)
      .join(', ')})`,
    parameters,
  };
}

function anyOf(conditions: readonly Condition[]): Condition {
  return {
    text: `(${conditions.map(({ text }) => text).join(' OR ')})`,
    parameters: Object.assign({}, ...conditions.map(({ parameters }) => parameters)),
  };
}

const capitals = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** ILIKE would fold letters of every alphabet; only ASCII's are meant. */
function contains(expression: string, name: string, part: string): Condition {
  const pattern = part.replace(/[A-Z]/g, (letter) => letter.toLowerCase()).replace(/[%_]/g, '\\$&');
  return {
    text: `translate(${expression}, '${capitals}', '${capitals.toLowerCase()}') LIKE $${name}`,
    parameters: { [name]: `%${pattern}%` },
  };
}

function timestamp(timeUs: number): string {
  const ms = Math.floor(timeUs / 1000);
  const rest = String(timeUs - ms * 1000).padStart(3, '0');
  return `'${new Date(ms).toISOString().slice(0, -1)}${rest}000Z'`;
}

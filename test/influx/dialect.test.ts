import { beforeAll, describe, expect, it } from 'vitest';
import type { InfluxQuery } from '../../src/influx/influx-client.ts';
import { checkFilter } from '../../src/records/check-query.ts';
import { recordOrders } from '../../src/records/dump-records.ts';
import { dumpFields, dumpTags } from '../../src/records/influx/point.ts';
import {
  type Columns,
  columnsQuery,
  daysQuery,
  measureQueries,
  rowsByIdQuery,
  rowsOfMomentQuery,
  rowsQuery,
} from '../../src/records/influx/sql.ts';
import { type DataFusion, openDataFusion } from '../fakes/influxdb3/datafusion.ts';
import { runSql } from '../fakes/influxdb3/query.ts';
import { Store } from '../fakes/influxdb3/store.ts';

// The double answers the statements that Memoir sends, and nobody else's: whether they are SQL as InfluxDB 3 understands it is
// for an engine to say that has never heard of Memoir. Both have to give the same rows.

const lines = [
  'mem_dumps,dom=Web-1,vmid=1 sha256="ABCdef",duration_sec=1.5,gzip_size_bytes=10i,dump_id="b",state="DELETED",machine_id="m",guest_pause_ms=2.5 1763078400000001000',
  'mem_dumps,dom=web-2,vmid=2 sha256="abcdef",duration_sec=1.5,gzip_size_bytes=10i 1763078400000001500',
  'mem_dumps,dom=db%x,vmid=3 sha256="00cafe",duration_sec=0.25,gzip_size_bytes=4i,dump_id="a" 1763164800000002000',
];

const everything: Columns = new Set(['time', ...dumpTags, ...dumpFields.map(({ name }) => name)]);
const seedsOnly: Columns = new Set(['time', 'dom', 'vmid', 'sha256', 'duration_sec', 'gzip_size_bytes']);
const range = { fromUs: 1_763_000_000_000_000, untilUs: 1_764_000_000_000_000 };
const filters = [
  checkFilter({}),
  checkFilter({ vms: ['Web-1', '2', "it's"] }),
  checkFilter({ states: ['AVAILABLE', 'DAMAGED'] }),
  checkFilter({ search: 'B%' }),
  checkFilter({ search: 'cafe' }),
];

function statements(columns: Columns): InfluxQuery[] {
  const time = { order: { by: 'TIME', direction: 'DESC' }, limit: 5 } as const;
  const orders = recordOrders.flatMap((by) =>
    (['ASC', 'DESC'] as const).map((direction) => {
      const key = { TIME: 1_763_078_400_000_001, DURATION: 1.5, SIZE: 10, VM: 'web-2' }[by];
      const after = { key, id: 'a' };
      return { order: { by, direction }, after, before: after, limit: 5 };
    }),
  );
  return [
    ...filters.map((filter) => rowsQuery(columns, filter, range, time)),
    ...orders.map((reading) =>
      rowsQuery(columns, checkFilter({}), range, { ...reading, before: undefined, offset: 1 }),
    ),
    ...orders.map((reading) => rowsQuery(columns, checkFilter({}), range, { ...reading, before: undefined })),
    ...orders.map((reading) => rowsQuery(columns, checkFilter({}), range, { ...reading, after: undefined })),
    ...filters.flatMap((filter) => Object.values(measureQueries).map((query) => query(columns, filter, range))),
    ...filters.map((filter) => daysQuery(columns, filter, range)),
    rowsByIdQuery(columns, ['a', 'b'], range),
    rowsOfMomentQuery(range),
    columnsQuery,
  ];
}

/** DataFusion is asked without parameters: they stand in the text. */
function inline({ text, parameters = {} }: InfluxQuery): string {
  return text.replace(/\$(\w+)/g, (_, name: string) => `'${String(parameters[name]).replaceAll("'", "''")}'`);
}

describe.each([
  ['a table that Memoir made', everything],
  ['a table of the old scripts', seedsOnly],
])('the SQL statements, for %s', (_, columns) => {
  let dataFusion: DataFusion;
  const store = new Store();
  beforeAll(async () => {
    dataFusion = await openDataFusion();
    store.createTable('db', 'mem_dumps', []);
    const failures = store.write('db', lines.join('\n'), false, 0n);
    expect(failures).toEqual([]);
    const fields = new Map(dumpFields.map(({ name, type }) => [name as string, type]));
    const cast = { utf8: 'VARCHAR', float64: 'DOUBLE', int64: 'BIGINT', bool: 'BOOLEAN' } as const;
    const rows = [...(store.table('db', 'mem_dumps')?.rows.values() ?? [])];
    const literal = (value: unknown) => (value === undefined ? 'NULL' : `'${value}'`);
    const names = [...columns].filter((name) => name !== 'time');
    const values = rows.map((row) => `(${[...['time', ...names].map((name) => literal(row.get(name)))].join(', ')})`);
    const select = names.map((name, at) => `column${at + 2}::${cast[fields.get(name) ?? 'utf8']} AS ${name}`);
    await dataFusion.run(
      `CREATE VIEW mem_dumps AS SELECT to_timestamp_nanos(column1::bigint) AS time, ${select.join(', ')} FROM (VALUES ${values.join(', ')})`,
    );
    for (const name of columns) {
      if (!store.table('db', 'mem_dumps')?.columns.has(name)) {
        store
          .table('db', 'mem_dumps')
          ?.columns.set(name, name === 'demo' ? 'boolean' : fields.get(name) === 'int64' ? 'integer' : 'string');
      }
    }
  });

  it.each(statements(columns).map((query) => [query.text, query] as const))('%s', async (text, query) => {
    const theirs = readTable(await dataFusion.run(inline(query)));
    const parameters = query.parameters ?? {};
    if (text === columnsQuery.text) return expect(theirs.map(([name]) => name).sort()).toEqual([...columns].sort());
    const { columns: described, rows } = runSql(text, { store, database: 'db', parameters, fileLimit: null });
    // A time is written in other ways; it is there as a number too.
    const names = described.map(({ name }) => name).filter((name) => name !== 'time' && theirs.names.includes(name));
    const ours = rows.map((row) =>
      names.map((name) => String(row[described.findIndex((column) => column.name === name)] ?? '')),
    );
    const picked = theirs.map((row) => names.map((name) => row[theirs.names.indexOf(name)]));
    const isOrdered = text.includes('ORDER BY');
    // It prints no names above nothing.
    if (theirs.names.length === 0) return expect(rows).toEqual([]);
    expect(isOrdered ? ours : ours.sort()).toEqual(isOrdered ? picked : picked.sort());
  });
});

/** The table that DataFusion prints. */
function readTable(text: string): string[][] & { names: string[] } {
  const [names = [], ...rows] = text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim().replace(/\.0$/, '')),
    );
  return Object.assign(rows, { names });
}

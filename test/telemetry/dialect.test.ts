import { expect, it } from 'vitest';
import { type Columns, columnsQuery, pointsQuery } from '../../src/telemetry/influx/sql.ts';
import { statsFields, statsTags, toLine } from '../../src/telemetry/influx/vm-stats.ts';
import { hour, sample } from '../contracts/sample-store.ts';
import { openDataFusion } from '../fakes/influxdb3/datafusion.ts';
import { runSql } from '../fakes/influxdb3/query.ts';
import { Store } from '../fakes/influxdb3/store.ts';

// The double answers the statements that Memoir sends: whether they are SQL as InfluxDB 3 understands it is for an engine to
// say that has never heard of Memoir. Both have to give the same rows.

const casts = { utf8: 'VARCHAR', float64: 'DOUBLE', int64: 'BIGINT', bool: 'BOOLEAN' } as const;

it.each([
  ['a table that Memoir made', statsFields],
  ['a table of guests that never told what they use', statsFields.filter(({ name }) => name !== 'memory_used_bytes')],
])('the SQL statements mean the same to DataFusion, for %s', async (_, fields) => {
  const store = new Store();
  const kinds = { utf8: 'string', float64: 'float', int64: 'integer', bool: 'boolean' } as const;
  store.createTable('db', 'vm_stats', [
    ...statsTags.map((name) => [name, 'tag'] as const),
    ...fields.map(({ name, type }) => [name, kinds[type]] as const),
  ]);
  const known = fields.some(({ name }) => name === 'memory_used_bytes');
  const samples = [0, 10_000, 20_000, 60_000].map((offset, index) =>
    sample((index % 2) + 1, hour + offset, {
      cpuPercent: index === 3 ? null : index + 0.5,
      memoryUsedBytes: known && index > 0 ? index : null,
    }),
  );
  expect(store.write('db', samples.map((each) => toLine(each, 'here')).join('\n'), false, 0n)).toEqual([]);

  const dataFusion = await openDataFusion();
  const columns = [...statsTags.map((name) => ({ name, type: 'utf8' as const })), ...fields];
  const rows = [...(store.table('db', 'vm_stats')?.rows.values() ?? [])];
  const literal = (value: unknown) => (value === undefined ? 'NULL' : `'${value}'`);
  const values = rows.map(
    (row) => `(${['time', ...columns.map(({ name }) => name)].map((name) => literal(row.get(name)))})`,
  );
  const select = columns.map(({ name, type }, index) => `column${index + 2}::${casts[type]} AS ${name}`);
  await dataFusion.run(
    `CREATE VIEW vm_stats AS SELECT to_timestamp_nanos(column1::bigint) AS time, ${select.join(', ')} FROM (VALUES ${values.join(', ')})`,
  );

  const names: Columns = new Set(['time', ...columns.map(({ name }) => name)]);
  const listed = readTable(await dataFusion.run(columnsQuery.text));
  expect(listed.flat().sort()).toEqual([...names].sort());
  const ids = [...new Set(samples.map(({ machineId }) => machineId))];
  const range = { fromUs: hour * 1000, untilUs: (hour + 120_000) * 1000 };
  for (const resolutionMs of [10_000, 60_000, 604_800_000]) {
    const { text, parameters = {} } = pointsQuery(names, ids, range, resolutionMs);
    const theirs = readTable(
      await dataFusion.run(text.replace(/\$(\w+)/g, (__, name: string) => `'${parameters[name]}'`)),
    );
    const ours = runSql(text, { store, database: 'db', parameters, fileLimit: null });
    const printed = ours.rows.map((row) => row.map((value) => String(value ?? '')));
    expect(printed.length).toBeGreaterThan(1);
    // Weeks begin where the server's origin of time says: 1970-01-01, as ours do.
    expect(printed.sort()).toEqual(theirs.sort());
  }
});

/** The table that DataFusion prints, without its head. */
function readTable(text: string): string[][] {
  const [, ...rows] = text.split('\n').filter((line) => line.startsWith('|'));
  return rows.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim().replace(/\.0$/, '')),
  );
}

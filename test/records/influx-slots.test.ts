import { expect, it, onTestFinished } from 'vitest';
import { createInfluxClient } from '../../src/influx/influx-client.ts';
import type { RecordOrder } from '../../src/records/dump-records.ts';
import { createFleetRecords } from '../../src/records/influx/fleet-records.ts';
import { startInfluxDouble } from '../fakes/influxdb3/double.ts';
import { fillSlots } from '../fakes/influxdb3/slots.ts';

const slots = 5_000;
const newest: RecordOrder = { by: 'TIME', direction: 'DESC' };

it(`pages and adds up ${slots} records in as many files, through a server that reads 432 of them at once`, async () => {
  const double = await startInfluxDouble();
  const client = createInfluxClient({ url: double.url, database: 'vmstats', token: '' });
  onTestFinished(async () => {
    await client.close();
    await double.close();
  });
  const written = fillSlots(double, 'vmstats', slots, Date.now() * 1000);
  // The server means it: all of them at once is refused.
  const all = "SELECT *, time::bigint AS time_ns FROM mem_dumps WHERE time >= '2015-01-01T00:00:00Z'";
  await expect(client.sql({ text: all })).rejects.toMatchObject({ failure: 'FILE_LIMIT' });

  const catalogue = { get: async (ids: readonly string[]) => ids.map(() => null) };
  const outbox = { settled: async () => {}, waitingKeys: async () => [], wake() {} };
  const patient = { firstMs: 20_000, restMs: 1 };
  const fleet = createFleetRecords({
    client,
    // Nothing but what became of its own records is asked of it.
    catalogue: catalogue as unknown as Parameters<typeof createFleetRecords>[0]['catalogue'],
    outbox,
    budgets: { page: patient, sums: patient },
  });

  double.queries.length = 0;
  const first = await fleet.page({ filter: {}, order: newest, limit: 50 });
  expect(first).toMatchObject({ source: 'INFLUX_SQL', warnings: [], hasNext: true });
  // The newest page needs the newest window, not a walk through the years.
  expect(double.queries.length).toBeLessThan(5);

  const seen: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await fleet.page({ filter: {}, order: newest, limit: 1000, ...(after !== undefined && { after }) });
    seen.push(...page.rows.map(({ record }) => record.id));
    after = page.rows.at(-1)?.cursor;
    if (!page.hasNext) break;
  }
  expect(seen).toEqual(written.map(({ id }) => id));
  expect(await fleet.stats({})).toMatchObject({ source: 'INFLUX_SQL', warnings: [], totalDumps: slots });
});

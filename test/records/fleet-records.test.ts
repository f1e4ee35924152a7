import { setTimeout } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { createInfluxClient, type InfluxClient } from '../../src/influx/influx-client.ts';
import { openOutbox } from '../../src/influx/outbox/open-outbox.ts';
import { createFleetRecords } from '../../src/records/influx/fleet-records.ts';
import { toLine } from '../../src/records/influx/point.ts';
import { createSqliteRecords } from '../../src/records/sqlite/sqlite-records.ts';
import { sampleRecord } from '../contracts/sample-records.ts';
import { startInfluxDouble } from '../fakes/influxdb3/double.ts';
import { openSameThreadDatabase } from '../fakes/same-thread-database.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A server's records, its catalogue and outbox and an InfluxDB; `wrap` may come between it and its client. */
async function open(wrap: (client: InfluxClient) => InfluxClient = (client) => client) {
  const double = await startInfluxDouble();
  const database = openSameThreadDatabase(`${temporaryFolder()}/memoir.db`);
  const catalogue = await createSqliteRecords(database);
  const client = createInfluxClient({ url: double.url, database: 'vmstats', token: '' });
  const outbox = await openOutbox(database, client);
  onTestFinished(async () => {
    await outbox.close();
    await client.close();
    await database.close();
    await double.close();
  });
  const patient = { firstMs: 5_000, restMs: 5_000 };
  const records = createFleetRecords({
    client: wrap(client),
    catalogue,
    outbox,
    budgets: { page: patient, sums: patient },
  });
  return { double, catalogue, client, outbox, records };
}

const newest = { filter: {}, order: { by: 'TIME', direction: 'DESC' }, limit: 50 } as const;

it('begins the first query’s time when the client has been loaded, however long that takes', async () => {
  const loaded = Promise.withResolvers<void>();
  let isLoaded = false;
  const asked: { isLoaded: boolean; timeoutMs: number | undefined }[] = [];
  const { records, client } = await open((loading) => ({
    ...loading,
    async ready() {
      await loaded.promise;
      isLoaded = true;
    },
    sql(query) {
      asked.push({ isLoaded, timeoutMs: query.timeoutMs });
      return loading.sql(query);
    },
  }));
  await client.write([toLine(sampleRecord(1))]);
  await client.ready();
  const page = records.page(newest);
  await setTimeout(200);
  loaded.resolve();
  expect((await page).source).toBe('INFLUX_SQL');
  expect(asked[0]?.isLoaded).toBe(true);
  expect(asked[0]?.timeoutMs).toBeGreaterThan(4_850);
});

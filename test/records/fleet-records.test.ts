import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createInfluxClient, type InfluxClient } from '../../src/influx/influx-client.ts';
import { openOutbox } from '../../src/influx/outbox/open-outbox.ts';
import { startAcceptedCheck } from '../../src/records/influx/accepted-check.ts';
import { createCompleteness } from '../../src/records/influx/completeness.ts';
import { createFleetRecords } from '../../src/records/influx/fleet-records.ts';
import { createInfluxSync } from '../../src/records/influx/influx-sync.ts';
import { toLine } from '../../src/records/influx/point.ts';
import { sampleRecord } from '../contracts/sample-records.ts';
import { startInfluxDouble } from '../fakes/influxdb3/double.ts';
import { openLineService } from '../fakes/line-service.ts';
import { openWritableCatalogue } from '../fakes/mark-service.ts';
import { openSameThreadDatabase } from '../fakes/same-thread-database.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A server's records, its catalogue and outbox and an InfluxDB; `wrap` may come between it and its client. */
async function open(wrap: (client: InfluxClient) => InfluxClient = (client) => client) {
  const double = await startInfluxDouble();
  const database = openSameThreadDatabase(`${temporaryFolder()}/memoir.db`);
  const catalogue = await openWritableCatalogue(database);
  const completeness = createCompleteness();
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
    completeness,
    budgets: { page: patient, sums: patient },
  });
  return { double, database, catalogue, client, outbox, completeness, records };
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

describe('a record that InfluxDB refused', () => {
  it('is part of every answer, with a warning that says where it can be mended', async () => {
    const { records, catalogue, client, database, double, outbox } = await open();
    const [accepted, refused] = [sampleRecord(1), sampleRecord(2)];
    await client.write([toLine(accepted)]);
    await catalogue.append(accepted);
    await catalogue.append(refused);
    double.knobs.onWrite = () => ({ status: 422, body: 'too many columns' });
    await (await openLineService(database)).enqueue(refused.id, [toLine(refused)]);
    outbox.wake();
    await expect.poll(async () => (await outbox.status()).dead).toBe(1);
    const warning = expect.stringMatching(/^InfluxDB refused a record of this server.*settings/);
    const page = await records.page(newest);
    expect(page).toMatchObject({ source: 'INFLUX_SQL', warnings: [warning] });
    expect(page.rows.map(({ record }) => record)).toEqual([refused, accepted]);
    expect(await records.count({})).toEqual({ total: 2, source: 'INFLUX_SQL', warnings: [warning] });
    expect(await records.stats({})).toMatchObject({ totalDumps: 2, warnings: [warning] });
    expect((await records.machines({})).machines).toHaveLength(2);
  });
});

describe('an InfluxDB that lacks what it had accepted', () => {
  /** A server whose records are all accepted, and an InfluxDB that forgets those before a moment. */
  async function forgetful() {
    const bench = await open();
    const all = Array.from({ length: 16 }, (_, number) => sampleRecord(number));
    for (const record of all) await bench.catalogue.append(record);
    await bench.client.write(all.map(toLine));
    return { ...bench, all, forget: (until: bigint) => bench.double.store.forgetBefore('vmstats', 'mem_dumps', until) };
  }
  const warning = expect.stringMatching(/^InfluxDB lacks records that it had accepted/);
  const ends = { everything: 2n ** 62n, half: BigInt(sampleRecord(8).timeUs) * 1000n } as const;

  it.each(['page', 'count', 'stats', 'series'] as const)(
    'is seen by a %s, which the catalogue answers',
    async (name) => {
      const { records, forget, completeness } = await forgetful();
      const ask = () => (name === 'page' ? records.page(newest) : records[name]({}));
      expect(await ask()).toMatchObject({ source: 'INFLUX_SQL', warnings: [] });
      forget(ends.half);
      expect(await ask()).toMatchObject({ source: 'CATALOGUE', warnings: [warning] });
      expect(completeness.isLacking()).toBe(true);
      expect((await records.page(newest)).rows).toHaveLength(16);
    },
  );

  it('is seen although nobody asks, by the oldest record of this server', async () => {
    const { catalogue, client, outbox, completeness, forget } = await forgetful();
    const look = () => {
      const check = startAcceptedCheck({ catalogue, client, outbox, completeness });
      return check.close();
    };
    await look();
    expect(completeness.isLacking()).toBe(false);
    forget(ends.half);
    await look();
    expect(completeness.isLacking()).toBe(true);
  });

  it('is healed by a synchronisation, begun by itself, and asked again afterwards', async () => {
    const { records, client, catalogue, outbox, completeness, double, all, forget } = await forgetful();
    const sync = createInfluxSync({ client, catalogue, outbox, completeness, host: 'host-1' });
    const healed = Promise.withResolvers<void>();
    completeness.healBy(async () => {
      await sync.run({ dryRun: false, signal: new AbortController().signal, report() {} });
      healed.resolve();
    });
    forget(ends.everything);
    expect((await records.page(newest)).source).toBe('CATALOGUE');
    await healed.promise;
    expect(await records.page(newest)).toMatchObject({ source: 'INFLUX_SQL', warnings: [] });
    expect(double.store.table('vmstats', 'mem_dumps')?.rows.size).toBe(all.length);
  });

  it('need not have what another writer put there and what is only in the catalogue since', async () => {
    const { records, client, catalogue, outbox, completeness, forget } = await forgetful();
    await client.write(['mem_dumps,dom=old,vmid=7 sha256="abc",duration_sec=2.5 1700000000123456000']);
    const sync = createInfluxSync({ client, catalogue, outbox, completeness, host: 'host-1' });
    const run = () => sync.run({ dryRun: false, signal: new AbortController().signal, report() {} });
    expect(await run()).toMatchObject({ imported: 1 });
    forget(1700000000123456001n);
    expect((await records.page(newest)).source).toBe('INFLUX_SQL');
    expect(await run()).toMatchObject({ kept: 1 });
    expect(await records.count({})).toMatchObject({ total: 16, source: 'INFLUX_SQL' });
  });
});

it('answers from the catalogue while more waits than an answer can be put together of', async () => {
  const { records, catalogue, database, double, outbox } = await open();
  await double.stop();
  const lines = await openLineService(database);
  for (let number = 0; number <= 1_000; number += 1) {
    const record = sampleRecord(number);
    await catalogue.append(record);
    await lines.enqueue(record.id, [toLine(record)]);
  }
  outbox.wake();
  expect(await records.count({})).toMatchObject({ total: 1_001, source: 'CATALOGUE', warnings: [expect.any(String)] });
});

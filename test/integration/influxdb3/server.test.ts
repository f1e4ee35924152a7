import { rmSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createInfluxClient } from '../../../src/influx/influx-client.ts';
import { openOutbox } from '../../../src/influx/outbox/open-outbox.ts';
import { createCompleteness } from '../../../src/records/influx/completeness.ts';
import { createFleetRecords } from '../../../src/records/influx/fleet-records.ts';
import { createInfluxSync } from '../../../src/records/influx/influx-sync.ts';
import { toLine } from '../../../src/records/influx/point.ts';
import { createStatsReader } from '../../../src/telemetry/influx/stats-reader.ts';
import { sampleRecord } from '../../contracts/sample-records.ts';
import { complete, emptyCatalogue, emptyOutbox } from '../../fakes/fleet-parts.ts';
import { startFleetServer } from '../../fakes/fleet-server.ts';
import { openLineService } from '../../fakes/line-service.ts';
import { openWritableCatalogue } from '../../fakes/mark-service.ts';
import { openSameThreadDatabase } from '../../fakes/same-thread-database.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { lacksInfluxDb3, type RealServerOptions, startRealServer } from './real-server.ts';

async function start(options: Partial<RealServerOptions> = {}) {
  const influx = await startRealServer({ folder: temporaryFolder(), ...options });
  onTestFinished(() => influx.end('SIGKILL'));
  return influx;
}

const variables = ({ url, token }: { url: string; token: string }) => ({ INFLUX_URL: url, INFLUX_TOKEN: token });
const influxOf = '{ service { influx { state waiting dead accepted reason mend } } }';
const page = '{ dumpRecords(first: 50) { source warnings totalCount nodes { id dom } } }';
const patience = { timeout: 30_000, interval: 200 };
const wide = { firstMs: 60_000, restMs: 1 };

describe.skipIf(lacksInfluxDb3)('a server beside a real InfluxDB 3 Core', { timeout: 120_000 }, () => {
  it('writes and reads with a token, and says what to mend without one', async () => {
    const influx = await start({ authorised: true });
    const server = await startFleetServer(variables(influx));
    const id = await server.dump('web-01');
    const fleet = async () => (await server.query(page)).dumpRecords;
    await expect.poll(async () => (await server.query(influxOf)).service.influx.accepted, patience).toBe(1);
    expect(await fleet()).toMatchObject({ source: 'INFLUX_SQL', warnings: [], totalCount: 1, nodes: [{ id }] });

    const stranger = await startFleetServer({ INFLUX_URL: influx.url, INFLUX_TOKEN: 'apiv3_wrong' });
    await stranger.dump('web-01');
    await expect
      .poll(async () => (await stranger.query(influxOf)).service.influx, patience)
      .toMatchObject({
        state: 'PAUSED',
        waiting: 1,
        mend: expect.stringContaining('INFLUX_TOKEN'),
      });
    expect((await stranger.query(page)).dumpRecords).toMatchObject({
      source: 'CATALOGUE',
      totalCount: 1,
      warnings: [expect.stringMatching(/^InfluxDB could not be asked: .*INFLUX_TOKEN/)],
    });
  });

  it('goes on while it is killed, and neither loses nor doubles a record', async () => {
    const influx = await start({ flush: '200ms' });
    const server = await startFleetServer(variables(influx));
    const ids = [await server.dump('web-01')];
    for (const vm of ['mail-01', 'web-01', 'mail-01']) {
      await influx.end('SIGKILL');
      ids.push(await server.dump(vm));
      expect((await server.query(page)).dumpRecords).toMatchObject({ source: 'CATALOGUE', totalCount: ids.length });
      await influx.start();
      await server.query('mutation { retryDeadLetters { retried } }');
    }
    const fleet = async () => (await server.query(page)).dumpRecords;
    await expect.poll(fleet, patience).toMatchObject({ source: 'INFLUX_SQL', warnings: [], totalCount: 4 });
    expect((await fleet()).nodes.map((node: { id: string }) => node.id)).toEqual(ids.toReversed());
  });

  it('writes everything again when it was started on an empty folder', async () => {
    const folder = temporaryFolder();
    const influx = await start({ folder });
    const server = await startFleetServer(variables(influx));
    const ids = [await server.dump('web-01'), await server.dump('mail-01')];
    const fleet = async () => (await server.query(page)).dumpRecords;
    await expect.poll(fleet, patience).toMatchObject({ source: 'INFLUX_SQL', totalCount: 2 });
    await influx.end('SIGTERM');
    rmSync(folder, { recursive: true });
    await influx.start();
    await expect.poll(fleet, patience).toMatchObject({
      source: 'CATALOGUE',
      totalCount: 2,
      warnings: [expect.stringContaining('InfluxDB lacks records')],
    });
    await expect.poll(fleet, patience).toMatchObject({ source: 'INFLUX_SQL', warnings: [], totalCount: 2 });
    expect((await fleet()).nodes.map((node: { id: string }) => node.id)).toEqual(ids.toReversed());
  });

  it('follows the columns of a table that a script began, and shows what it refuses all the same', async () => {
    const influx = await start();
    const client = createInfluxClient({ url: influx.url, database: 'vmstats', token: '' });
    onTestFinished(() => client.close());
    await client.write([
      'mem_dumps,dom=old,vmid=1 sha256="ab",duration_sec=2,gzip_size_bytes=10,ctime=1,mtime=2,atime=3 1700000000000000000',
    ]);
    const server = await startFleetServer(variables(influx));
    const id = await server.dump('web-01');
    const fleet = async () => (await server.query(page)).dumpRecords;
    await expect.poll(fleet, patience).toMatchObject({ source: 'INFLUX_SQL', warnings: [], totalCount: 2 });
    expect((await fleet()).nodes[0]).toEqual({ id, dom: 'web-01' });

    await influx.request('/api/v3/configure/database?db=vmstats', { method: 'DELETE' });
    await client.write(['mem_dumps,dom=old,vmid=1 sha256="ab",host=1.5 1700000000000000000']);
    const refused = await server.dump('mail-01');
    // Also the first one again, which the database that is gone had accepted.
    await expect.poll(fleet, patience).toMatchObject({
      source: 'INFLUX_SQL',
      totalCount: 3,
      warnings: [expect.stringContaining('InfluxDB refused 2 records')],
    });
    expect((await fleet()).nodes.map((node: { id: string }) => node.id).slice(0, 2)).toEqual([refused, id]);
    expect((await server.query(influxOf)).service.influx).toMatchObject({ waiting: 0, dead: 2 });
  });

  it('reads more files than one query may open', async () => {
    const influx = await start({ options: ['--gen1-duration', '1m', '--wal-snapshot-size', '1'] });
    const client = createInfluxClient({ url: influx.url, database: 'vmstats', token: '' });
    onTestFinished(() => client.close());
    const nowUs = Date.now() * 1000;
    const all = Array.from({ length: 450 }, (_, number) =>
      sampleRecord(number, { timeUs: nowUs - (450 - number) * 60_000_000 }),
    );
    await client.write(all.map(toLine));
    // What is in the WAL becomes files when there is more of it.
    const limited = () =>
      client.sql({ text: 'SELECT count(*) AS n FROM mem_dumps' }).then(
        () => null,
        (error: { failure?: string }) => error.failure,
      );
    await expect
      .poll(async () => {
        await client.write([`nudge,a=b n=1 ${Date.now()}000000`]);
        return limited();
      }, patience)
      .toBe('FILE_LIMIT');
    const records = createFleetRecords({
      client,
      catalogue: emptyCatalogue,
      outbox: emptyOutbox,
      completeness: complete,
      budgets: { page: wide, sums: wide },
    });
    expect(await records.count({})).toMatchObject({ total: 450, source: 'INFLUX_SQL', warnings: [] });
    expect(await records.stats({})).toMatchObject({ totalDumps: 450, totalVms: 450, warnings: [] });
    const newest = await records.page({ filter: {}, order: { by: 'TIME', direction: 'DESC' }, limit: 440 });
    expect(newest).toMatchObject({ source: 'INFLUX_SQL', hasNext: true });
    expect(newest.rows.map(({ record }) => record)).toEqual(all.toReversed().slice(0, 440));
  });

  it('gives back what it looks back too short for', async () => {
    const options = ['--gen1-duration', '1m', '--wal-snapshot-size', '1', '--snapshotted-wal-files-to-keep', '0'];
    const influx = await start({ options });
    const database = openSameThreadDatabase(`${temporaryFolder()}/memoir.db`);
    const client = createInfluxClient({ url: influx.url, database: 'vmstats', token: '' });
    const outbox = await openOutbox(database, client);
    const catalogue = await openWritableCatalogue(database);
    const completeness = createCompleteness();
    onTestFinished(async () => {
      await outbox.close();
      await client.close();
      await database.close();
    });
    const parts = { client, catalogue, outbox, completeness, budgets: { page: wide, sums: wide } };
    const records = createFleetRecords(parts);
    const old = sampleRecord(1);
    await catalogue.append(old);
    await client.write([toLine(old)]);
    for (let turn = 0; turn < 12; turn += 1) await client.write([`nudge,a=b n=${turn} ${Date.now()}000000`]);
    expect(await records.count({})).toMatchObject({ total: 1, source: 'INFLUX_SQL' });
    await influx.end('SIGTERM');
    await influx.start([...options, '--gen1-lookback-duration', '1m']);
    // It is on the disk, and not in the index.
    const seen = () => client.sql({ text: "SELECT count(*) AS n FROM mem_dumps WHERE time > '2020-01-01T00:00:00Z'" });
    expect(await seen()).toEqual([{ n: 0n }]);
    expect(await records.count({})).toMatchObject({ total: 1, source: 'CATALOGUE', warnings: [expect.any(String)] });
    const sync = createInfluxSync({ ...parts, host: 'host-1' });
    const run = () => sync.run({ dryRun: false, signal: new AbortController().signal, report() {} });
    expect(await run()).toMatchObject({ written: 1, refused: 0 });
    expect(await seen()).toEqual([{ n: 1n }]);
    expect(await records.count({})).toMatchObject({ total: 1, source: 'INFLUX_SQL', warnings: [] });
    // One that looks back as far as ever finds the same point twice on its disk, and shows it once.
    await influx.end('SIGTERM');
    await influx.start(options);
    expect(await seen()).toEqual([{ n: 1n }]);
    expect(await run()).toMatchObject({ written: 0, imported: 0, points: 1 });
  });

  it('keeps telemetry over its outage, and answers charts from it', async () => {
    const influx = await start();
    const client = createInfluxClient({ url: influx.url, database: 'vmstats', token: '' });
    onTestFinished(() => client.close());
    await influx.end('SIGKILL');
    const server = await startFleetServer(variables(influx));
    const usage = '{ vms { id name usage { at } } }';
    const vms = async () => (await server.query(usage)).vms.filter((vm: { usage: unknown }) => vm.usage !== null);
    await expect.poll(async () => (await vms()).length, patience).toBeGreaterThan(0);
    const [{ id }] = await vms();
    await server.close();
    await influx.start();
    await startFleetServer(variables(influx), server.folder);
    const untilMs = Math.ceil(Date.now() / 10_000) * 10_000 + 60_000;
    const query = { machineIds: [id], fromMs: untilMs - 3_600_000, untilMs, resolutionMs: 10_000 };
    const points = async () => (await createStatsReader(client, 30_000).read(query)).get(id)?.length ?? 0;
    await expect.poll(points, patience).toBeGreaterThan(0);
    const types = await client.sql({
      text: "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'vm_stats'",
    });
    expect(types).toContainEqual({ column_name: 'memory_bytes', data_type: 'Int64' });
    expect(types).toContainEqual({ column_name: 'host', data_type: 'Dictionary(Int32, Utf8)' });
  });

  it('answers from elsewhere when it has too little memory for a query', async () => {
    const influx = await start({ options: ['--exec-mem-pool-bytes', '1'] });
    const client = createInfluxClient({ url: influx.url, database: 'vmstats', token: '' });
    onTestFinished(() => client.close());
    for (let at = 0; at < 20_000; at += 2_000)
      await client.write(Array.from({ length: 2_000 }, (_, number) => toLine(sampleRecord(at + number))));
    const database = openSameThreadDatabase(`${temporaryFolder()}/memoir.db`);
    onTestFinished(() => database.close());
    const catalogue = await openWritableCatalogue(database);
    await openLineService(database);
    const records = createFleetRecords({
      client,
      catalogue,
      outbox: emptyOutbox,
      completeness: createCompleteness(),
      budgets: { page: wide, sums: wide },
    });
    await expect(client.sql({ text: 'SELECT * FROM mem_dumps ORDER BY sha256' })).rejects.toMatchObject({
      failure: 'TROUBLED',
      message: expect.stringMatching(/memory|Resources exhausted/i),
    });
    const answer = await records.page({
      filter: {},
      order: { by: 'SIZE', direction: 'DESC' },
      limit: 1_000,
      offset: 8_000,
    });
    expect(answer).toMatchObject({
      source: 'CATALOGUE',
      warnings: [expect.stringMatching(/could not be asked: .*(memory|Resources exhausted)/i)],
    });
  });
});

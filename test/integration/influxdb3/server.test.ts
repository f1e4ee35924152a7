import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createInfluxClient } from '../../../src/influx/influx-client.ts';
import { createStatsReader } from '../../../src/telemetry/influx/stats-reader.ts';
import { sampleRecord } from '../../contracts/sample-records.ts';
import { startFleetServer } from '../../fakes/fleet-server.ts';
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

  it('says what to mend when the database cannot be made, and gives up no record for it', async () => {
    const influx = await start();
    for (const database of ['one', 'two', 'three', 'four', 'five'])
      await influx.request(`/api/v3/write_lp?db=${database}`, { method: 'POST', body: 'm f=1' });
    const server = await startFleetServer({ ...variables(influx), INFLUX_DB: 'six' });
    await server.dump('web-01');
    await expect
      .poll(async () => (await server.query(influxOf)).service.influx, patience)
      .toMatchObject({
        state: 'PAUSED',
        waiting: 1,
        dead: 0,
        mend: expect.stringContaining('INFLUX_DB'),
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

  it('has each record once, whoever is killed while they are written', async () => {
    const influx = await start({ flush: '100ms' });
    const path = join(temporaryFolder(), 'memoir.db');
    const recorder = new URL('../../fakes/dump-recorder.ts', import.meta.url).pathname;
    const dumps = 120;
    let lives = 0;
    for (;;) {
      const child = spawn(process.execPath, [recorder, path, influx.url, String(dumps)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk;
      });
      // Later lives get more time, so that every stage of the work is hit and the last one comes to an end.
      const kill = setTimeout(() => child.kill('SIGKILL'), 500 + 400 * lives);
      const closed = once(child, 'close');
      if (lives % 2 === 1) {
        await influx.end('SIGKILL');
        await influx.start();
      }
      await closed;
      clearTimeout(kill);
      if (said.includes('drained')) break;
      lives += 1;
    }
    expect(lives).toBeGreaterThan(1);
    const client = createInfluxClient({ url: influx.url, database: 'vmstats', token: '' });
    onTestFinished(() => client.close());
    const rows = await client.sql({ text: 'SELECT dump_id FROM mem_dumps ORDER BY time' });
    const ids = Array.from({ length: dumps }, (_, number) => sampleRecord(number).id);
    expect(rows.map((row) => row.dump_id)).toEqual(ids);
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
});

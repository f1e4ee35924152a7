import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createInfluxClient, type InfluxClient } from '../../src/influx/influx-client.ts';
import { createStatsReader } from '../../src/telemetry/influx/stats-reader.ts';
import { startStatsSender } from '../../src/telemetry/influx/stats-sender.ts';
import { toLine } from '../../src/telemetry/influx/vm-stats.ts';
import type { Sample } from '../../src/telemetry/sample.ts';
import type { SampleStore } from '../../src/telemetry/sample-store.ts';
import { openRing } from '../../src/telemetry/sqlite/ring.ts';
import { hour, sample, sampleStoreSuite } from '../contracts/sample-store.ts';
import { startInfluxDouble } from '../fakes/influxdb3/double.ts';
import { openSameThreadDatabase } from '../fakes/same-thread-database.ts';
import { temporaryFolder } from '../temporary-folder.ts';

async function open(folder = temporaryFolder()) {
  const double = await startInfluxDouble();
  const client = createInfluxClient({ url: double.url, database: 'vmstats', token: '' });
  const failures: unknown[] = [];
  const recoveries: number[] = [];
  const database = openSameThreadDatabase(join(folder, 'memoir.db'));
  const ring = await openRing(database, { intervalMs: 10_000, publish: true });
  const sender = startStatsSender(client, ring, {
    host: 'here',
    firstPauseMs: 1,
    longestPauseMs: 1,
    failing: (error) => failures.push(error),
    recovered: (lost) => recoveries.push(lost),
  });
  const store: SampleStore = {
    async append(samples) {
      await ring.append(samples);
      sender.wake();
    },
    read: createStatsReader(client, 20_000).read,
  };
  return {
    double,
    client,
    ring,
    store,
    failures,
    recoveries,
    settled: sender.settled,
    async close() {
      await sender.close();
      await database.close();
      await client.close();
      await double.close();
    },
  };
}

async function opened(folder?: string) {
  const bench = await open(folder);
  onTestFinished(bench.close);
  return bench;
}

sampleStoreSuite('InfluxDB 3', () => open());

describe('telemetry in InfluxDB', () => {
  it('is one point of vm_stats for each sample, with the tags that the old dashboards know', async () => {
    const { double, store, settled } = await opened();
    await store.append([sample(1, hour, { memoryUsedBytes: null })]);
    await settled();
    expect(double.store.taken).toEqual([
      'vm_stats,dom=vm-1,host=here,vmid=1 block_read_bytes_per_sec=1000,block_write_bytes_per_sec=2000,cpu_percent=12.5,' +
        'machine_id="00000000-0000-4000-8000-000000000001",memory_bytes=1073741824i,memory_rss_bytes=805306368i,' +
        `net_rx_bytes_per_sec=3000,net_tx_bytes_per_sec=4000,state="RUNNING" ${hour}000000`,
    ]);
  });

  it('is read in windows, where a point may lie in two of them', async () => {
    const { double, store, settled } = await opened();
    double.knobs.fileLimit = 2;
    const samples = Array.from({ length: 18 }, (_, index) => sample(1, hour + index * 200_000, { cpuPercent: index }));
    await store.append(samples);
    await settled();
    const { machineId } = sample(1, hour);
    const query = { machineIds: [machineId], fromMs: hour, untilMs: hour + 3_600_000, resolutionMs: 3_600_000 };
    expect((await store.read(query)).get(machineId)).toMatchObject([
      { atMs: hour, samples: 18, cpuPercent: 8.5, cpuPeakPercent: 17 },
    ]);
    expect(double.queries.length).toBeGreaterThan(3);
  });

  it('is nothing where another writer made a table of that name', async () => {
    const { client, store } = await opened();
    await client.write([`vm_stats,dom=vm-1,vmid=1 cpu=3.5 ${hour}000000`]);
    const { machineId } = sample(1, hour);
    const query = { machineIds: [machineId], fromMs: hour, untilMs: hour + 60_000, resolutionMs: 10_000 };
    expect([...(await store.read(query))]).toEqual([]);
  });

  it('waits while nobody takes it, is sent in order then, and says so once', async () => {
    const { double, store, settled, failures, recoveries } = await opened();
    let refused = 0;
    double.knobs.onWrite = () => (++refused <= 3 ? { status: 503, body: 'busy' } : null);
    for (let index = 0; index < 5; index++) await store.append([sample(1, hour + index * 10_000)]);
    await settled();
    expect(double.store.taken.map((line) => Number(line.slice(-19, -6)) - hour)).toEqual([
      0, 10_000, 20_000, 30_000, 40_000,
    ]);
    expect([failures.length, recoveries]).toEqual([1, [0]]);
  });

  it('gives up what is refused for what it is, round by round, and sends the others', async () => {
    const { double, store, settled, failures, recoveries } = await opened();
    double.knobs.onWrite = (lines) => (lines.some((line) => line.includes('vm-2')) ? { status: 422 } : null);
    const rounds = [1, 2, 3].map((number) => [sample(number, hour + number * 10_000)]);
    await double.stop();
    for (const round of rounds) await store.append(round);
    await double.start();
    await settled();
    expect(double.store.taken).toEqual([
      toLine(rounds[0]?.[0] as Sample, 'here'),
      toLine(rounds[2]?.[0] as Sample, 'here'),
    ]);
    expect(recoveries.at(-1)).toBe(1);
    expect(failures.length).toBeGreaterThan(0);
  });

  it('is not waited for at the end, also while InfluxDB makes no table', async () => {
    const { client, ring } = await opened();
    const asked = Promise.withResolvers<void>();
    const silent: InfluxClient = {
      ...client,
      createTable(_, __, ___, signal) {
        asked.resolve();
        return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
      },
    };
    const sender = startStatsSender(silent, ring, { host: 'here', failing: () => {}, recovered: () => {} });
    await ring.append([sample(1, Date.now())]);
    sender.wake();
    await asked.promise;
    await sender.close();
  });

  it('keeps what an outage held up over the end of the process, and sends it in order', async () => {
    const folder = temporaryFolder();
    const first = await opened(folder);
    await first.double.stop();
    for (let index = 0; index < 5; index += 1)
      await first.ring.append([
        sample(1, hour + index * 10_000, { vmid: String(index) }),
        sample(2, hour + index * 10_000),
      ]);
    // As after kill -9: nothing is closed, and another process opens the same file.
    const second = await opened(folder);
    await second.settled();
    const times = second.double.store.taken.map((line) => Number(line.slice(-19, -6)) - hour);
    expect(times).toEqual([0, 0, 10_000, 10_000, 20_000, 20_000, 30_000, 30_000, 40_000, 40_000]);
    expect(second.double.store.taken[2]).toContain('vmid=1 ');
  });
});

import { describe, expect, it, onTestFinished } from 'vitest';
import { createInfluxClient } from '../../src/influx/influx-client.ts';
import { InfluxError } from '../../src/influx/influx-error.ts';
import { openInfluxSamples } from '../../src/telemetry/influx/influx-samples.ts';
import { startLineSender } from '../../src/telemetry/influx/line-sender.ts';
import { hour, sample, sampleStoreSuite } from '../contracts/sample-store.ts';
import { startInfluxDouble } from '../fakes/influxdb3/double.ts';

async function open() {
  const double = await startInfluxDouble();
  const client = createInfluxClient({ url: double.url, database: 'vmstats', token: '' });
  const failures: unknown[] = [];
  const recoveries: number[] = [];
  const store = openInfluxSamples(client, {
    host: 'here',
    budgetMs: 20_000,
    firstPauseMs: 1,
    longestPauseMs: 1,
    failing: (error) => failures.push(error),
    recovered: (lost) => recoveries.push(lost),
  });
  return {
    double,
    client,
    store,
    failures,
    recoveries,
    settled: store.settled,
    async close() {
      await store.close();
      await client.close();
      await double.close();
    },
  };
}

async function opened() {
  const bench = await open();
  onTestFinished(bench.close);
  return bench;
}

sampleStoreSuite('InfluxDB 3', open);

describe('telemetry in InfluxDB', () => {
  it('is one point of vm_stats for each sample, with the tags that the old dashboards know', async () => {
    const { double, store } = await opened();
    await store.append([sample(1, hour, { memoryUsedBytes: null })]);
    await store.settled();
    expect(double.store.taken).toEqual([
      'vm_stats,dom=vm-1,host=here,vmid=1 block_read_bytes_per_sec=1000,block_write_bytes_per_sec=2000,cpu_percent=12.5,' +
        'machine_id="00000000-0000-4000-8000-000000000001",memory_bytes=1073741824i,memory_rss_bytes=805306368i,' +
        `net_rx_bytes_per_sec=3000,net_tx_bytes_per_sec=4000,state="RUNNING" ${hour}000000`,
    ]);
  });

  it('is read in windows, where a point may lie in two of them', async () => {
    const { double, store } = await opened();
    double.knobs.fileLimit = 2;
    const samples = Array.from({ length: 18 }, (_, index) => sample(1, hour + index * 200_000, { cpuPercent: index }));
    await store.append(samples);
    await store.settled();
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

  it('waits in memory while nobody takes it, is sent in order then, and says so once', async () => {
    const { double, store, failures, recoveries } = await opened();
    let refused = 0;
    double.knobs.onWrite = () => (++refused <= 3 ? { status: 503, body: 'busy' } : null);
    for (let index = 0; index < 5; index++) await store.append([sample(1, hour + index * 10_000)]);
    await store.settled();
    expect(double.store.taken.map((line) => Number(line.slice(-19, -6)) - hour)).toEqual([
      0, 10_000, 20_000, 30_000, 40_000,
    ]);
    expect([failures.length, recoveries]).toEqual([1, [0]]);
  });

  it('loses the oldest lines when too many wait, and those that are refused', async () => {
    const written: string[] = [];
    let fail = true;
    const recoveries: number[] = [];
    const tried = Promise.withResolvers<void>();
    const client = {
      createTable: async () => {},
      async write(lines: readonly string[]) {
        tried.resolve();
        if (fail) throw new InfluxError('UNREACHABLE', 'nobody there');
        if (lines.includes('bad')) throw new InfluxError('BAD_LINE', 'no');
        written.push(...lines);
      },
    };
    const sender = startLineSender(client as never, {
      maxLines: 3,
      firstPauseMs: 1,
      longestPauseMs: 1,
      failing: () => {},
      recovered: (lost) => recoveries.push(lost),
    });
    onTestFinished(() => sender.close());
    sender.send(['1']);
    await tried.promise;
    for (const line of ['2', '3', '4', '5']) sender.send([line]);
    fail = false;
    await sender.settled();
    expect(written).toEqual(['3', '4', '5']);
    expect(recoveries).toEqual([2]);
    sender.send(['bad']);
    await sender.settled();
    sender.send(['6']);
    await sender.settled();
    expect(written).toEqual(['3', '4', '5', '6']);
  });
});

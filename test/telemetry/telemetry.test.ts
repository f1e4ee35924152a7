import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openDatabase } from '../../src/database/database.ts';
import { createInfluxClient } from '../../src/influx/influx-client.ts';
import { createTelemetry } from '../../src/telemetry/create-telemetry.ts';
import { toLine } from '../../src/telemetry/influx/vm-stats.ts';
import { sample } from '../contracts/sample-store.ts';
import { startInfluxDouble } from '../fakes/influxdb3/double.ts';
import { FakeHypervisor, machineId, measurement } from '../fakes/machines.ts';
import { FakeLog } from '../fakes/open-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const hourMs = 3_600_000;

/** Telemetry as the server puts it together, with InfluxDB beside it, measuring often. */
async function open() {
  const double = await startInfluxDouble();
  const client = createInfluxClient({ url: double.url, database: 'vmstats', token: '' });
  const database = openDatabase(join(temporaryFolder(), 'memoir.db'));
  const hypervisor = new FakeHypervisor([]);
  hypervisor.measurements = [measurement(1, 0)];
  hypervisor.measure = async () => hypervisor.measurements.map((each) => ({ ...each, atMs: Date.now() }));
  const log = new FakeLog();
  const telemetry = await createTelemetry({
    database,
    hypervisor,
    influx: client,
    log,
    times: { everyMs: 25, timeoutMs: 60_000, abandonMs: 60_000 },
  });
  onTestFinished(async () => {
    await telemetry.close();
    await database.close();
    await client.close();
    await double.close();
  });
  return { double, client, database, hypervisor, log, telemetry };
}

describe('telemetry with InfluxDB beside it', () => {
  it('writes every sample to both, and answers what was before the ring from InfluxDB', async () => {
    const { double, client, telemetry } = await open();
    await vi.waitFor(() => expect(double.store.taken.length).toBeGreaterThan(3));
    expect(double.store.taken[0]).toMatch(/^vm_stats,dom=vm-1,host=here,vmid=1 .*machine_id="0{8}-/);
    const now = Date.now();
    await client.write([toLine(sample(1, now - 30 * 60_000, { cpuPercent: 42 }), 'here')]);
    const [series] = await telemetry.series([machineId(1)], {});
    expect(series).toMatchObject({ source: 'INFLUX', warnings: [], resolutionMs: 10_000 });
    expect(series?.points[0]).toMatchObject({ cpuPercent: 42, samples: 1 });
    // What both have is counted once.
    const kept = series?.points.slice(1).reduce((sum, { samples }) => sum + samples, 0) ?? 0;
    expect(kept).toBeGreaterThan(3);
    expect(kept).toBeLessThanOrEqual(double.store.taken.length + 2);
  });

  it('goes on without it: the ring answers, with a warning, and the log says it once', async () => {
    const { double, log, telemetry } = await open();
    await vi.waitFor(() => expect(telemetry.latest(machineId(1))?.cpuPercent).toBe(0));
    await double.stop();
    await vi.waitFor(() => expect(log.lines.map(({ message }) => message)).toHaveLength(1));
    expect(log.lines[0]?.message).toMatch(/does not take telemetry/);
    const [series] = await telemetry.series([machineId(1)], { lastSeconds: hourMs / 1000 });
    expect(series).toMatchObject({ source: 'RING', warnings: [expect.stringMatching(/^InfluxDB could not be asked/)] });
    expect(series?.points.length).toBeGreaterThan(0);
    expect(log.lines).toHaveLength(1);
  });

  it('ends at once, also while InfluxDB and the hypervisor are silent', async () => {
    const { double, hypervisor, telemetry } = await open();
    await vi.waitFor(() => expect(telemetry.latestRound()).not.toBeNull());
    double.knobs.hang = 'EVERYTHING';
    hypervisor.measure = () => new Promise(() => {});
    await vi.waitFor(() => expect(telemetry.latestRound()).toBeNull());
    await telemetry.close();
    await telemetry.close();
  });

  it('refuses more than it can answer', async () => {
    const { telemetry } = await open();
    const ids = (count: number) => Array.from({ length: count }, (_, index) => machineId(index));
    await expect(telemetry.series(ids(1001), {})).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(telemetry.series(ids(1000), {})).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });
});

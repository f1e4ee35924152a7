import { expect, it, vi } from 'vitest';
import type { Services } from '../../src/graphql/services.ts';
import { machine, machineId, measurement } from '../fakes/machines.ts';
import { get } from '../fakes/rest-client.ts';
import { startTestServer } from '../fakes/server.ts';
import { serverInfo } from '../fakes/server-info.ts';

const nothing = {
  measured_at: null,
  cpu_percent: null,
  memory_used_bytes: null,
  memory_rss_bytes: null,
  block_read_bytes_per_sec: null,
  block_write_bytes_per_sec: null,
  net_rx_bytes_per_sec: null,
  net_tx_bytes_per_sec: null,
};

it('GET /api/telemetry/live-vms lists machines as the old dashboard knows them, running ones first, with what they use', async () => {
  const machines = [machine(3, { state: 'SHUT_OFF', vmid: null }), machine(1)];
  const server = await startTestServer({ machines, measureEveryMs: 25, measurements: [measurement(1, 0)] });
  const at = '2026-03-04T05:06:07.000Z';
  const [running, off] = [
    { id: '1', name: 'vm-1', uuid: machineId(1), state: 'running', memory_bytes: 1048576, vcpus: 2 },
    { id: machineId(3), name: 'vm-3', uuid: machineId(3), state: 'shut_off', memory_bytes: 1048576, vcpus: 2 },
  ];
  server.hypervisor.measurements = [measurement(1, 5_000, { atMs: Date.parse(at) })];
  await vi.waitFor(async () => {
    expect(await get(server, '/api/telemetry/live-vms')).toMatchObject({
      status: 200,
      body: {
        vms: [
          // Its counters have stopped growing.
          {
            ...running,
            ...nothing,
            measured_at: at,
            cpu_percent: 0,
            memory_used_bytes: 524288,
            net_rx_bytes_per_sec: 0,
            net_tx_bytes_per_sec: 0,
            block_read_bytes_per_sec: 0,
            block_write_bytes_per_sec: 0,
          },
          { ...off, ...nothing },
        ],
        count: 2,
        warnings: [],
      },
    });
  });
});

it('GET /api/telemetry/live-vms says so while InfluxDB lacks records', async () => {
  const influx = { url: '', database: '', outbox: { status: async () => ({ state: 'IDLE' }) } };
  const server = await startTestServer({
    wrap: (services) => ({
      ...services,
      influx: influx as unknown as Services['influx'],
      info: serverInfo({ isInfluxLacking: () => true }),
    }),
  });
  const { body } = await get(server, '/api/telemetry/live-vms');
  expect(body).toMatchObject({ count: 3, warnings: [expect.stringContaining('InfluxDB lacks records')] });
});

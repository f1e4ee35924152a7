import { describe, expect, it } from 'vitest';
import { expose, Histogram } from '../../src/http/observation/exposition.ts';
import { ask } from '../fakes/graphql-client.ts';
import { startTestServer } from '../fakes/server.ts';
import { serverInfo } from '../fakes/server-info.ts';

describe('the text format', () => {
  it('escapes what its rules say, and counts buckets up to their bound', () => {
    const histogram = new Histogram([1, 5]);
    for (const value of [0.5, 1, 3, 100]) histogram.add(value);
    const text = expose([
      { name: 'a', type: 'gauge', help: 'x\\y\nz', samples: [{ labels: { name: 'q"u\\o\nte' }, value: 1 }] },
      { name: 'h', type: 'histogram', help: 'times', samples: histogram.samples() },
    ]);
    expect(text).toBe(`# HELP a x\\\\y\\nz
# TYPE a gauge
a{name="q\\"u\\\\o\\nte"} 1
# HELP h times
# TYPE h histogram
h_bucket{le="1"} 2
h_bucket{le="5"} 3
h_bucket{le="+Inf"} 4
h_sum 104.5
h_count 4
`);
  });
});

describe('the server under observation', () => {
  it('is healthy, and ready while its parts answer', async () => {
    const { url, hypervisor } = await startTestServer();
    expect(await (await fetch(`${url}/health`)).json()).toEqual({
      status: 'ok',
      version: '0.0.0-test',
      uptime_sec: expect.any(Number),
    });
    const ready = await fetch(`${url}/ready`);
    const checks = { journal: 'ok', records: 'ok', storage: 'ok', hypervisor: 'ok' };
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', checks }]);
    hypervisor.down = true;
    const after = await fetch(`${url}/ready`);
    expect([after.status, await after.json()]).toEqual([
      503,
      { status: 'not ready', checks: { ...checks, hypervisor: 'failing' } },
    ]);
  });

  it.each([
    ['the journal takes no write', 'journal', { probe: () => Promise.reject(new Error('disk full')) }, {}, {}],
    ['the database is damaged', 'journal', {}, {}, { databaseDamage: () => 'page 7' }],
    ['storage has no room', 'storage', {}, { space: async () => ({ freeBytes: 0, totalBytes: 1 }) }, {}],
  ])('is not ready while %s', async (_, part, operations, store, info) => {
    const { url } = await startTestServer({
      wrap: (services) => ({
        ...services,
        operations: { ...services.operations, ...operations },
        store: Object.assign(Object.create(services.store), store),
        info: serverInfo(info),
      }),
    });
    const answer = await fetch(`${url}/ready`);
    expect([answer.status, await answer.json()]).toMatchObject([503, { checks: { [part]: 'failing' } }]);
  });

  it('offers a reindex where the database was lost', async () => {
    const { url } = await startTestServer({
      wrap: (services) => ({ ...services, info: serverInfo({ isReindexAdvised: async () => true }) }),
    });
    const { data } = await ask(url, '{ service { reindexAdvised databaseDamage nodeId } }');
    expect(data).toMatchObject({ service: { reindexAdvised: true, databaseDamage: null } });
  });

  it('counts operations, bytes, pauses, requests and connections', async () => {
    const server = await startTestServer({
      metrics: [() => [{ name: 'memoir_outbox_depth', type: 'gauge', help: 'Lines.', samples: [{ value: 7 }] }]],
    });
    const { url } = server;
    await ask(url, 'mutation { triggerDumps(input: { vms: ["vm-1", "vm-2"] }) { accepted { id } } }');
    (await server.dumping.next()).finish({ result: { guestPauseMs: 3, sizeBytes: 1000 } });
    (await server.dumping.next()).fail(new Error('no'));
    const read = async () => (await fetch(`${url}/metrics`)).text();
    await expect.poll(read).toContain('memoir_operations_ended_total{kind="DUMP",state="FAILED"} 1');
    const text = await read();
    for (const line of [
      'memoir_info{version="0.0.0-test",hypervisor="demo"} 1',
      'memoir_operations{kind="DUMP",state="COMPLETED"} 1',
      'memoir_operations_ended_total{kind="DUMP",state="COMPLETED"} 1',
      'memoir_queue_depth 0',
      'memoir_hypervisor_up 1',
      'memoir_artifact_bytes_total 1000',
      'memoir_guest_pause_seconds_bucket{le="0.002"} 0',
      'memoir_guest_pause_seconds_bucket{le="0.005"} 1',
      'memoir_guest_pause_seconds_count 1',
      'memoir_live_connections 0',
      'memoir_http_requests_total{route="/graphql",status="2xx"} 1',
      'memoir_outbox_depth 7',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    expect(text).toMatch(/memoir_event_loop_delay_seconds\{quantile="0.99"\} \d/);
    for (const line of text.trim().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{.*\})? [-+.e\d]+)$/);
  });

  it('counts volumes by state, their operations, exports and devices, and says how well they agree with the world', async () => {
    const { url, services } = await startTestServer();
    const read = async () => (await fetch(`${url}/metrics`)).text();
    // Before the first comparison nobody knows whether the provider answers.
    expect(await read()).not.toContain('memoir_volume_provider_up');
    const { volumes, operations } = services;
    const placement = { zone: null, offering: null };
    for (const name of ['a', 'b'])
      await operations.settled((await volumes.create({ name, sizeBytes: 2 ** 20, placement }, { actor: 'x' })).id);
    await operations.settled((await volumes.attach('a', 'vm-1', { actor: 'x' })).id);
    await volumes.reconcile();
    const text = await read();
    for (const line of [
      'memoir_volumes{state="ATTACHED",provider="demo"} 1',
      'memoir_volumes{state="AVAILABLE",provider="demo"} 1',
      'memoir_operations{kind="VOLUME_CREATE",state="COMPLETED"} 2',
      'memoir_volume_exports 0',
      'memoir_volume_disagreements 0',
      'memoir_volume_device_events_total{type="APPEARED"} 1',
      'memoir_volume_device_events_total{type="GONE"} 0',
      'memoir_volume_provider_up 1',
    ])
      expect(text).toContain(`${line}\n`);
    expect(text).toMatch(/memoir_volume_reconcile_age_seconds [\d.]+\n/);
    expect(text).toMatch(/memoir_volume_reconcile_duration_seconds [\d.]+\n/);
  });

  it('tells its metrics to whoever may ask anything else', async () => {
    const { url, access } = await startTestServer();
    const { secret } = await access.createToken({ name: 'root', role: 'ADMIN', expiresAtMs: null }, 'test');
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    expect((await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${secret}` } })).status).toBe(200);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it('writes one line for each event of an operation', async () => {
    const server = await startTestServer();
    await ask(server.url, 'mutation { triggerDumps(input: { vms: ["vm-1"] }) { accepted { id } } }');
    (await server.dumping.next()).finish();
    await expect.poll(() => server.log.lines.length).toBe(3);
    expect(server.log.lines.map(({ level, fields }) => [level, (fields as { event: string }).event])).toEqual([
      ['info', 'QUEUED'],
      ['info', 'STARTED'],
      ['info', 'COMPLETED'],
    ]);
  });
});

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { retiredVariables } from '../../src/config.ts';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import { sampleRecord } from '../contracts/sample-records.ts';
import { machine } from '../fakes/machines.ts';
import { get, post } from '../fakes/rest-client.ts';
import { startTestServer } from '../fakes/server.ts';
import { lacks } from '../system.ts';

const machines = [machine(1, { name: 'my-vm-1', vmid: '101' }), machine(2, { name: 'my-vm-2', vmid: '102' })];
const trigger = '/api/memory-dumps/trigger';
const status = '/api/memory-dumps/status';

describe('an old caller', () => {
  it('reads its machines as it sent them, and its trigger as it was answered', async () => {
    const server = await startTestServer({ machines });
    const { body } = await post(server, trigger, { vm_ids: ['101', 'my-vm-2'] });
    expect(body.vm_ids).toEqual(['101', 'my-vm-2']);
    const after = (await get(server, status)).body;
    expect(after.last_trigger).toMatchObject({
      vm_ids: ['101', 'my-vm-2'],
      status: 'in_progress',
      trigger_response: body,
    });
    expect(after.vm_ids).toEqual(['101', 'my-vm-2']);
  });

  it('sees a machine that there is not as a dump that failed, and no dump in place of it', async () => {
    const server = await startTestServer({ machines });
    await post(server, trigger, { vms: ['my-vm-1', 'nobody'] });
    const failed = { vm: 'nobody', state: 'failed', message: expect.stringContaining('Domain not found') };
    expect(await get(server, `${status}/nobody`)).toMatchObject({ status: 200, body: failed });
    expect((await get(server, status)).body.active_dumps).toMatchObject({
      nobody: failed,
      'my-vm-1': { state: expect.any(String) },
    });
    expect((await get(server, `${status}/never-asked-for`)).status).toBe(404);
    await post(server, trigger, { vms: ['nobody'] });
    expect((await get(server, status)).body.last_trigger).toMatchObject({
      status: 'failed',
      error: 'Domain not found',
    });
  });

  it('reads where a dump goes while it runs, and how far it was when it failed', async () => {
    const server = await startTestServer({ machines });
    await post(server, trigger, { vms: ['my-vm-1'] });
    const run = await server.dumping.next();
    run.context.progress({ doneBytes: 455, totalBytes: 1000 });
    const running = (await get(server, `${status}/my-vm-1`)).body;
    expect(running).toMatchObject({
      state: 'running',
      progress: 45.5,
      dump_path: expect.stringContaining(running.dump_id),
    });
    run.fail(new MemoirError('GUEST_GONE', 'the machine ended'));
    await expect
      .poll(async () => (await get(server, `${status}/my-vm-1`)).body)
      .toMatchObject({ state: 'failed', progress: 45.5, dump_path: null });
  });

  it.each([
    [{ compression: 'gzip' }, 'GZIP'],
    [{ compression: 'NONE' }, 'NONE'],
    [{}, 'ZSTD'],
  ])('chooses a compression: %j', async (more, compression) => {
    const server = await startTestServer({ machines });
    await post(server, trigger, { vms: ['my-vm-1'], ...more });
    expect((await server.dumping.next()).context.operation.request).toMatchObject({ compression });
    expect((await post(server, trigger, { vms: ['my-vm-2'], compression: 'lzma' })).status).toBe(400);
  });

  it('may end an address with a slash', async () => {
    const server = await startTestServer({ machines });
    expect((await post(server, `${trigger}/`, { vms: ['my-vm-1'] })).body.status).toBe('scheduled');
    for (const path of [
      `${status}/`,
      `${status}/my-vm-1/`,
      '/api/memory-dumps/records/',
      '/api/dumps/',
      '/api/memory-dumps/stats/',
    ])
      expect((await get(server, path)).status, path).toBe(200);
  });

  it('asks for no record, for all of them, or for what no database counts to', async () => {
    const server = await startTestServer({ machines });
    for (let number = 1; number <= 3; number++) await server.records.append(sampleRecord(number));
    const records = async (query: string) => get(server, `/api/memory-dumps/records?${query}`);
    expect((await records('limit=0')).body).toEqual({ records: [], count: 0, limit: 0, offset: 0 });
    expect((await records('limit=-1')).body).toMatchObject({ count: 3, limit: -1, total: 3 });
    for (const query of ['offset=2147483648', 'offset=-1', 'limit=-2', 'limit=x']) {
      const { status: code, body } = await records(query);
      expect([code, body.error.code], query).toEqual([400, 'BAD_INPUT']);
      expect(body.detail).toMatch(/^(offset|limit) must be a whole number from /);
    }
  });

  it('is told at the start which of its variables have no effect', () => {
    const variables = {
      MEMDUMP_SERVICE_URL: 'http://10.10.0.94:5001',
      MEMDUMP_SERVICE_TIMEOUT: '30',
      MEMDUMP_LOG_DIR: '/var/log',
      INFLUX_DB: 'vmstats',
    };
    const told = retiredVariables(variables);
    expect(told.map((sentence) => sentence.split(' ')[0])).toEqual([
      'MEMDUMP_SERVICE_URL',
      'MEMDUMP_SERVICE_TIMEOUT',
      'MEMDUMP_LOG_DIR',
    ]);
    expect(retiredVariables({ MEMDUMP_LOG_DIR: '' })).toEqual([]);
  });

  it.skipIf(lacks('jq', 'curl'))('runs its scripts unchanged: trigger, poll, list, sum up', async () => {
    const server = await startTestServer({ machines });
    await server.records.append(sampleRecord(1));
    // Written against the documented shapes of the service and of the dashboard.
    const script = `
      set -euo pipefail
      api=${server.url}/api/memory-dumps
      curl -sf -X POST $api/trigger -H 'Content-Type: application/json' -d '{"vm_ids": ["101", "102"]}' |
        jq -er '.status == "scheduled" and (.vm_ids | length) == 2 and (.timestamp | test("^[0-9T:.-]+$"))'
      curl -sf $api/status |
        jq -er '.status == "ok" and (.active_dumps | to_entries | all(.value.state | IN("queued", "running", "completed", "failed")))'
      curl -sf $api/status | jq -er '.vm_ids == ["101", "102"] and (.last_trigger.trigger_response.message | endswith("2 VM(s)"))'
      curl -sf $api/status/101 | jq -er '.progress >= 0 and .progress <= 100 and (.dump_id | length) == 36'
      curl -sf "$api/records?limit=10&offset=0" |
        jq -er '.count == (.records | length) and (.records[0] | .dom, .vmid, .sha256, .dump_path | type) == "string"'
      curl -sf "$api/records?limit=100" | jq -er '[.records[] | .gzip_size_bytes + .ctime + .mtime + .atime + .duration_sec] | add > 0'
      curl -sf $api/stats | jq -er '.total_dumps == 1 and .total_vms == 1 and .total_size_bytes > 0 and (.last_dump | type) == "string"'
      curl -sf ${server.url}/api/dumps | jq -er 'has("my-vm-1")'
    `;
    const { stdout } = await promisify(execFile)('bash', ['-c', script]);
    expect(new Set(stdout.trim().split('\n'))).toEqual(new Set(['true']));
  });

  it.skipIf(lacks('jq', 'curl'))(
    'runs its scripts for volumes unchanged: create, attach, find the device, detach, delete',
    async () => {
      const server = await startTestServer({ machines, volumePort: 0 });
      // Written against the documented shapes of the volume daemon.
      const script = `
      set -euo pipefail
      root=http://127.0.0.1:${server.volumePort}
      api=$root/api/v1
      send() { curl -sf -X "$1" "$api/$2" -H 'Content-Type: application/json' \${3:+-d "$3"}; }
      # Asks for the operation until it has ended, as the clients do.
      ended() {
        local id status=
        id=$(jq -er '.id')
        until [ "$status" = completed ]; do
          status=$(curl -sf "$api/operations/$id" | jq -er '.status')
          [ "$status" != failed ]
        done
        curl -sf "$api/operations/$id"
      }
      curl -f -s $root/health | jq -er '.status == "ok"'
      curl -s $api/health | jq -er '.status == "healthy"'
      volume=$(send POST volumes '{"name": "migration-volume", "size": 5368709120,
        "disk_offering_id": "c813c642-d946-49e1-9289-c616dd70206a", "zone_id": "057e86db-c726-4d8c-ab1f-75c5f55d1881"}' |
        ended | jq -er 'select(.type == "create" and (.completed_at | test("Z$"))) | .response.volume_id')
      device=$(send POST volumes/$volume/attach '{"vm_id": "${machines[0]?.id}"}' | ended | jq -er '.response.device_path')
      curl -sf $api/volumes/$volume | jq -er --arg device $device '.device_path == $device and .status == "attached"'
      curl -sf $api/volumes/$volume/device | jq -er --arg device $device '.device_path == $device and .linux_state == "detected"'
      curl -sf $api/operations | jq -er '[.operations[].type] == ["attach", "create"]'
      send POST volumes/$volume/detach | ended | jq -er '.type == "detach" and .volume_id == "'$volume'"'
      send DELETE volumes/$volume | ended | jq -er '.type == "delete"'
      curl -s $api/metrics | jq -er '.total_operations == 4 and .error_rate_percent == 0'
      send POST admin/force-sync | jq -er '.status == "completed" and .volumes == 0'
    `;
      const { stdout } = await promisify(execFile)('bash', ['-c', script]);
      expect(stdout.trim().split('\n')).toEqual(Array(9).fill('true'));
    },
  );
});

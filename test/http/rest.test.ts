import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import { machine, machineId } from '../fakes/machines.ts';
import type { TestServerOptions } from '../fakes/open-server.ts';
import { get, post } from '../fakes/rest-client.ts';
import { startTestServer } from '../fakes/server.ts';

const machines = [
  machine(1, { name: 'my-vm-1', vmid: '101' }),
  machine(2, { name: 'my-vm-2' }),
  machine(3, { state: 'SHUT_OFF', vmid: null }),
];
const start = (options: TestServerOptions = {}) => startTestServer({ machines, ...options });

/** Local time to the microsecond, without a zone: as Python prints it. */
const pythonTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/);
const isoTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
const id = expect.stringMatching(/^[0-9a-f-]{36}$/);

describe('the old examples, as they were printed but for the host', () => {
  const examples = [
    `curl -X POST http://localhost:8000/api/memory-dumps/trigger \\
  -H "Content-Type: application/json" \\
  -d '{"vms": ["my-vm-1", "my-vm-2"]}'`,
    'curl http://localhost:8000/api/memory-dumps/status',
    'curl http://localhost:8000/api/memory-dumps/status/my-vm-1',
    'curl "http://localhost:8000/api/memory-dumps/records?limit=10"',
    'curl http://localhost:8000/api/memory-dumps/stats',
    'curl -X GET http://localhost:8000/api/memory-dumps/stats',
    'curl "http://localhost:8000/api/memory-dumps/records?limit=5"',
  ];

  it('work', async () => {
    const server = await start();
    const answers = [];
    for (const example of examples) {
      const here = example.replace('http://localhost:8000', server.url).replace('curl', 'curl -sS --fail-with-body');
      answers.push(JSON.parse((await promisify(execFile)('bash', ['-c', here])).stdout));
    }
    expect(answers[0]).toEqual({
      status: 'scheduled',
      message: 'Memory dump scheduled for 2 VM(s)',
      vm_ids: ['my-vm-1', 'my-vm-2'],
      timestamp: pythonTime,
    });
    expect(answers[1].active_dumps).toHaveProperty('my-vm-2');
    expect(answers[2]).toMatchObject({ vm: 'my-vm-1' });
    expect(answers[3]).toEqual({ records: [], count: 0, limit: 10, offset: 0, total: 0 });
    expect(answers[4]).toEqual({
      total_dumps: 0,
      total_vms: 0,
      total_size_bytes: 0,
      avg_duration_sec: null,
      last_dump: null,
    });
  });
});

describe('a trigger', () => {
  it('takes vms or vm_ids: names, numbers and UUIDs', async () => {
    const server = await start();
    expect((await post(server, '/api/memory-dumps/trigger', { vm_ids: ['101'] })).body.vm_ids).toEqual(['101']);
    expect((await post(server, '/api/memory-dumps/trigger', { vms: [machineId(2)] })).body.vm_ids).toEqual([
      machineId(2),
    ]);
  });

  it('says which machines get none, by its status where that is all of them', async () => {
    const server = await start();
    const some = await post(server, '/api/memory-dumps/trigger', { vms: ['my-vm-1', 'nobody'] });
    expect(some).toMatchObject({
      status: 200,
      body: { vm_ids: ['my-vm-1'], rejected: [{ vm: 'nobody', code: 'NOT_FOUND' }] },
    });
    expect(await post(server, '/api/memory-dumps/trigger', { vms: ['my-vm-1'] })).toMatchObject({
      status: 409,
      body: { status: 'rejected', vm_ids: [], rejected: [{ code: 'ALREADY_ACTIVE' }] },
    });
    expect((await post(server, '/api/memory-dumps/trigger', { vms: ['vm-3'] })).status).toBe(409);
    expect((await post(server, '/api/memory-dumps/trigger', { vms: ['nobody'] })).status).toBe(404);
  });

  it('refuses a body that names no machines, and does nothing', async () => {
    const server = await start();
    for (const body of [{}, { vms: [] }, { vms: 'my-vm-1' }, { vms: [{}] }, null, [], 'x']) {
      const answer = await post(server, '/api/memory-dumps/trigger', body);
      expect(answer).toMatchObject({ status: 400, body: { detail: expect.any(String), error: { code: 'BAD_INPUT' } } });
    }
    expect(await server.operations.tally()).toEqual([]);
  });

  it('is also there as the service behind the dashboard had it', async () => {
    const server = await start();
    const { body } = await post(server, '/api/dumps', { vms: ['my-vm-1', 'nobody'] });
    expect(body).toMatchObject({
      status: 'scheduled',
      dumps: { 'my-vm-1': { dump_id: id } },
      rejected: [{ vm: 'nobody' }],
    });
    expect((await get(server, '/api/dumps')).body).toMatchObject({ 'my-vm-1': { vm: 'my-vm-1' } });
  });
});

describe('the status', () => {
  it('follows a dump in the old words, and the trigger to its end', async () => {
    const server = await start({ parallel: 1 });
    const answer = await post(server, '/api/memory-dumps/trigger', { vms: ['my-vm-1', 'my-vm-2'] });
    const run = await server.dumping.next();
    run.context.progress({ doneBytes: 455, totalBytes: 1000 });
    const { body } = await get(server, '/api/memory-dumps/status');
    expect(body).toEqual({
      service: server.url,
      status: 'ok',
      active_dumps: {
        'my-vm-1': {
          dump_id: id,
          vm: 'my-vm-1',
          state: 'running',
          progress: 45.5,
          message: 'Dump in progress (45.5%)',
          started_at: isoTime,
          finished_at: null,
          dump_path: expect.stringMatching(/_[0-9a-f-]{36}\.elf\.zst$/),
          duration_sec: null,
        },
        'my-vm-2': expect.objectContaining({ state: 'queued', progress: 0, started_at: null }),
      },
      last_trigger: {
        timestamp: pythonTime,
        vm_ids: ['my-vm-1', 'my-vm-2'],
        status: 'in_progress',
        trigger_response: answer.body,
        duration: null,
        error: null,
      },
      timestamp: pythonTime,
      vm_ids: ['my-vm-1', 'my-vm-2'],
      duration: null,
      error: null,
    });
    run.finish();
    (await server.dumping.next()).fail(new MemoirError('GUEST_GONE', 'the machine ended'));
    await expect
      .poll(async () => (await get(server, '/api/memory-dumps/status')).body.last_trigger.status)
      .toBe('failed');
    const after = (await get(server, '/api/memory-dumps/status')).body;
    expect(after.active_dumps['my-vm-1']).toMatchObject({ state: 'completed', progress: 100, finished_at: isoTime });
    expect(after.active_dumps['my-vm-2']).toMatchObject({ state: 'failed', message: 'the machine ended' });
    expect(after).toMatchObject({ duration: expect.any(Number), error: 'the machine ended' });
  });

  it('of one machine is its newest dump, by name, number or UUID; 404 where there is none', async () => {
    const server = await start();
    await post(server, '/api/memory-dumps/trigger', { vms: ['my-vm-1'] });
    for (const name of ['my-vm-1', '101', machineId(1)]) {
      expect((await get(server, `/api/memory-dumps/status/${name}`)).body).toMatchObject({
        vm: 'my-vm-1',
        dump_id: id,
      });
    }
    for (const name of ['my-vm-2', 'nobody', '..%2f..%2fetc']) {
      const { status, body } = await get(server, `/api/memory-dumps/status/${name}`);
      expect([status, body.error.code]).toEqual([404, 'NOT_FOUND']);
    }
  });

  it('says that the hypervisor is away; what needs it is 503', async () => {
    const server = await start();
    await post(server, '/api/memory-dumps/trigger', { vms: ['my-vm-1'] });
    server.hypervisor.down = true;
    const { status, body } = await get(server, '/api/memory-dumps/status');
    expect([status, body.status, body.error]).toEqual([200, 'unavailable', 'the socket is gone. start it']);
    expect((await post(server, '/api/memory-dumps/trigger', { vms: ['my-vm-2'] })).status).toBe(503);
    for (const path of [
      '/api/memory-dumps/status/my-vm-1',
      `/api/memory-dumps/status/${machineId(1)}`,
      '/api/telemetry/live-vms',
    ]) {
      expect(await get(server, path)).toMatchObject({
        status: 503,
        body: { error: { code: 'HYPERVISOR_UNAVAILABLE' } },
      });
    }
  });
});

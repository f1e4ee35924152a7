import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { openapi } from '../../src/http/rest/openapi.ts';
import { machineId } from '../fakes/machines.ts';
import { differences } from '../fakes/openapi-differences.ts';
import { get, post } from '../fakes/rest-client.ts';
import { startTestServer } from '../fakes/server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const run = promisify(execFile);
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const operationId = expect.stringMatching(/^op-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const volumeId = expect.stringMatching(/^vol-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

async function start() {
  const server = await startTestServer({ volumePort: 0 });
  const { operations } = server.services;
  /** What its client helpers do: ask for the operation until it has ended. */
  const ended = async (id: string) => {
    await operations.settled(id.replace('op-', ''));
    return (await get(server, `/api/v1/operations/${id}`)).body;
  };
  const begin = async (path: string, body: object) => ended((await post(server, path, body)).body.id);
  return { ...server, ended, begin };
}
const wish = {
  name: 'migration-volume',
  size: 5_368_709_120,
  disk_offering_id: 'c813c642-d946-49e1-9289-c616dd70206a',
  zone_id: 'z',
};

describe('the old volume daemon’s examples, as they were printed but for the port', () => {
  const create = `curl -X POST http://localhost:8090/api/v1/volumes \\
  -H "Content-Type: application/json" \\
  -d '{
    "name": "migration-volume",
    "size": 5368709120,
    "disk_offering_id": "c813c642-d946-49e1-9289-c616dd70206a",
    "zone_id": "057e86db-c726-4d8c-ab1f-75c5f55d1881"
  }'`;

  it('work on its own port', async () => {
    const server = await start();
    const curl = async (line: string) => {
      const here = line.replace('localhost:8090', `localhost:${server.volumePort}`).replace('curl', 'curl -sS');
      return JSON.parse((await run('bash', ['-c', here])).stdout);
    };
    const started = await curl(create);
    expect(started).toMatchObject({ id: operationId, type: 'create', status: 'pending', created_at: time });
    await server.ended(started.id);
    const done = await curl(`curl http://localhost:8090/api/v1/operations/${started.id}`);
    expect(done).toMatchObject({
      id: started.id,
      type: 'create',
      status: 'completed',
      volume_id: volumeId,
      response: { volume_id: done.volume_id, message: 'Volume created successfully' },
      completed_at: time,
    });
    expect(await curl('curl -f http://localhost:8090/health')).toMatchObject({ status: 'ok' });
    expect(await curl('curl -s http://localhost:8090/api/v1/health')).toMatchObject({ status: 'healthy' });
    expect(await curl('curl -s http://localhost:8090/api/v1/metrics')).toMatchObject({
      total_operations: 1,
      error_rate_percent: 0,
    });
    expect(await curl('curl -X POST http://localhost:8090/api/v1/admin/force-sync')).toMatchObject({
      status: 'completed',
      volumes: 1,
    });
  });

  it('work nowhere else on that port', async () => {
    const { volumePort } = await start();
    const answer = await fetch(`http://127.0.0.1:${volumePort}/graphql`, { method: 'POST' });
    expect(answer.status).toBe(404);
  });
});

// Not among the components that CI installs: Go is a fifth of a gigabyte, and the client's code is old.
const go = (process.env.PATH ?? '').split(delimiter).find((folder) => existsSync(join(folder, 'go')));

describe('the old services', () => {
  it.skipIf(go === undefined || process.env.WITHOUT_SYSTEM === '1')(
    'go through the whole life of a volume with their client in Go (package golang-go), by its polling',
    async () => {
      const { url } = await start();
      const folder = temporaryFolder();
      const program = join(folder, 'client');
      const source = join(import.meta.dirname, '../fixtures/volume-client/main.go');
      const env = { ...process.env, GO111MODULE: 'off', GOFLAGS: '', GOPROXY: 'off', GOTOOLCHAIN: 'local' };
      await run('go', ['build', '-o', program, source], { env });
      const { stdout } = await run(program, [url, machineId(1)]);
      const [created, attached, path, refused, detached, deleted] = stdout.trim().split('\n') as [string, ...string[]];
      const id = JSON.parse(created).volume_id;
      const common = { id: operationId, status: 'completed', volume_id: id };
      const times = { created_at: time, updated_at: time, completed_at: time };
      const vm = { vm_id: machineId(1) };
      const done = (text: string, more = {}) => ({ volume_id: id, message: `Volume ${text} successfully`, ...more });
      expect(id).toEqual(volumeId);
      expect(JSON.parse(created)).toEqual({
        ...common,
        ...times,
        type: 'create',
        request: { name: 'go', size: 2 ** 20 },
        response: done('created'),
      });
      expect(JSON.parse(attached as string)).toEqual({
        ...common,
        ...times,
        ...vm,
        type: 'attach',
        request: { volume_id: id, ...vm },
        response: done('attached', { device_path: path }),
      });
      expect(path).toMatch(/\/vdb$/);
      expect(refused).toMatch(/^true DELETE .*409 Conflict.*VOLUME_IN_USE/);
      expect(JSON.parse(detached as string)).toMatchObject({ ...common, type: 'detach', response: done('detached') });
      expect(JSON.parse(deleted as string)).toMatchObject({ ...common, type: 'delete', response: done('deleted') });
    },
    300_000,
  );

  it('have ten operations at work at once, and a device of its own for each volume', async () => {
    const server = await start();
    const names = Array.from({ length: 10 }, (_, index) => `v${index}`);
    const created = await Promise.all(names.map((name) => server.begin('/api/v1/volumes', { name, size: 2 ** 20 })));
    expect(created.map(({ status }) => status)).toEqual(names.map(() => 'completed'));
    const attached = await Promise.all(
      [1, 2, 3].map((vm) => server.begin(`/api/v1/volumes/v${vm}/attach`, { vm_id: machineId(vm) })),
    );
    expect(new Set(attached.map(({ response }) => response.device_path)).size).toBe(3);
  });

  it('see the same volume in every answer', async () => {
    const server = await start();
    const { volume_id: id } = await server.begin('/api/v1/volumes', wish);
    const attached = await server.begin(`/api/v1/volumes/${id}/attach`, { vm_id: machineId(1) });
    expect(attached).toEqual({
      id: operationId,
      type: 'attach',
      status: 'completed',
      volume_id: id,
      vm_id: machineId(1),
      request: { volume_id: id, vm_id: machineId(1) },
      response: { volume_id: id, message: 'Volume attached successfully', device_path: expect.stringMatching(/vdb$/) },
      created_at: time,
      updated_at: time,
      completed_at: time,
    });
    const path = attached.response.device_path;
    const { body: volume } = await get(server, `/api/v1/volumes/${id}`);
    expect(volume).toMatchObject({
      id,
      name: 'migration-volume',
      size: wish.size,
      status: 'attached',
      zone_id: 'z',
      disk_offering_id: wish.disk_offering_id,
      vm_id: machineId(1),
      device_path: path,
    });
    expect((await get(server, `/api/v1/volumes/${id}/device`)).body).toMatchObject({
      volume_id: id,
      vm_id: machineId(1),
      device_path: path,
      size: wish.size,
      linux_state: 'detected',
      last_sync: time,
    });
    expect((await get(server, '/api/v1/volumes')).body).toMatchObject({ count: 1, volumes: [{ id }] });
    const list = async (query: string) =>
      (await get(server, `/api/v1/operations${query}`)).body.operations.map(({ type }: { type: string }) => type);
    expect(await list('')).toEqual(['attach', 'create']);
    expect(await list('?type=create')).toEqual(['create']);
    expect(await list(`?status=completed&volume_id=${id}`)).toEqual(['attach', 'create']);
    expect(await list('?status=failed')).toEqual([]);
  });

  it('are told what went wrong: by status, by sentence and by code', async () => {
    const server = await start();
    const failing = async (path: string, body: object) => {
      const { status, body: answer } = await post(server, path, body);
      return [status, answer.error.code];
    };
    expect(await failing('/api/v1/volumes', { name: 'x' })).toEqual([400, 'BAD_INPUT']);
    expect(await failing('/api/v1/volumes', { name: '../x', size: 1 })).toEqual([400, 'BAD_INPUT']);
    expect(await failing('/api/v1/volumes/none/attach', { vm_id: machineId(1) })).toEqual([404, 'NOT_FOUND']);
    expect((await get(server, '/api/v1/volumes/none')).status).toBe(404);
    expect((await get(server, '/api/v1/operations/op-none')).status).toBe(404);
    expect((await get(server, '/api/v1/operations?status=odd')).status).toBe(400);
    const { volume_id: id } = await server.begin('/api/v1/volumes', wish);
    expect((await get(server, `/api/v1/volumes/${id}/device`)).body).toMatchObject({
      error: { code: 'DEVICE_MISSING' },
    });
    await server.begin(`/api/v1/volumes/${id}/attach`, { vm_id: machineId(1) });
    expect(await failing(`/api/v1/volumes/${id}/attach`, { vm_id: machineId(2) })).toEqual([409, 'VOLUME_IN_USE']);
  });
});

describe('the OpenAPI description', () => {
  it('has every route of the volume daemon, and what each answers, no more and no less', async () => {
    const server = await start();
    const described: string[] = [];
    /** Asks, and compares the answer with what is described for that path and status. */
    async function check(method: 'GET' | 'POST' | 'DELETE', path: keyof typeof openapi.paths, id = '', body?: object) {
      const response = await fetch(server.url + path.replace('{id}', id), {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
      const answer = await response.json();
      const operation = (openapi.paths[path] as Record<string, { responses: Record<string, Described> }>)[
        method.toLowerCase()
      ];
      const schema = operation?.responses[response.status]?.content['application/json'].schema;
      expect(schema, `${method} ${path} ${response.status}`).toBeDefined();
      expect(differences(answer, schema ?? {}, `${method} ${path}`)).toEqual([]);
      described.push(`${method} ${path}`);
      return response.status === 202 ? server.ended(answer.id) : answer;
    }
    const { volume_id: id, id: operation } = await check('POST', '/api/v1/volumes', '', wish);
    await check('POST', '/api/v1/volumes/{id}/attach', id, { vm_id: machineId(1) });
    await check('GET', '/api/v1/volumes');
    await check('GET', '/api/v1/volumes/{id}', id);
    await check('GET', '/api/v1/volumes/{id}/device', id);
    await check('POST', '/api/v1/volumes/{id}/resize', id, { size: wish.size + 2 ** 20 });
    await check('POST', '/api/v1/volumes/{id}/detach', id, {});
    await check('POST', '/api/v1/volumes/{id}/detach', id, {}); // 404
    await check('GET', '/api/v1/operations');
    await check('GET', '/api/v1/operations/{id}', operation);
    await check('GET', '/api/v1/health');
    await check('GET', '/api/v1/metrics');
    await check('POST', '/api/v1/admin/force-sync');
    await check('DELETE', '/api/v1/volumes/{id}', id);
    const routes = Object.entries(openapi.paths)
      .filter(([path]) => path.startsWith('/api/v1/'))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    expect([...new Set(described)].sort()).toEqual(routes.sort());
  });
});

interface Described {
  readonly content: { readonly 'application/json': { readonly schema: object } };
}

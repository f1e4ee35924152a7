import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { machineId } from '../fakes/machines.ts';
import { get, post } from '../fakes/rest-client.ts';
import { startTestServer } from '../fakes/server.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { thorough } from '../thorough.ts';

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

// The client of the old services, in Go: attach, then ask until it has ended, then read `device_path`.
const goClient = (url: string) => `package main

import ("bytes"; "context"; "encoding/json"; "fmt"; "net/http"; "os"; "time")

type Operation struct {
  ID string \`json:"id"\`
  Type string \`json:"type"\`
  Status string \`json:"status"\`
  VolumeID string \`json:"volume_id"\`
  Response map[string]interface{} \`json:"response"\`
  Error string \`json:"error"\`
  CreatedAt time.Time \`json:"created_at"\`
  CompletedAt *time.Time \`json:"completed_at"\`
}

const base = "${url}/api/v1"

func call(ctx context.Context, method, path string, body interface{}) *Operation {
  data, _ := json.Marshal(body)
  request, _ := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(data))
  request.Header.Set("Content-Type", "application/json")
  answer, err := http.DefaultClient.Do(request)
  if err != nil { panic(err) }
  defer answer.Body.Close()
  if answer.StatusCode >= 400 { panic(answer.Status) }
  var operation Operation
  if err := json.NewDecoder(answer.Body).Decode(&operation); err != nil { panic(err) }
  return &operation
}

func wait(ctx context.Context, id string) *Operation {
  for {
    operation := call(ctx, "GET", "/operations/"+id, nil)
    if operation.Status == "completed" { return operation }
    if operation.Status == "failed" { panic(operation.Error) }
    time.Sleep(20 * time.Millisecond)
  }
}

func main() {
  ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
  defer cancel()
  made := wait(ctx, call(ctx, "POST", "/volumes", map[string]interface{}{"name": "go", "size": 1048576}).ID)
  volumeID := made.Response["volume_id"].(string)
  operation := call(ctx, "POST", "/volumes/"+volumeID+"/attach", map[string]string{"vm_id": os.Args[1]})
  completed := wait(ctx, operation.ID)
  fmt.Println(completed.Response["device_path"].(string))
  wait(ctx, call(ctx, "POST", "/volumes/"+volumeID+"/detach", nil).ID)
  wait(ctx, call(ctx, "DELETE", "/volumes/"+volumeID, nil).ID)
}
`;
const go = '/usr/local/go/bin/go';

describe('the old services', () => {
  // Compiling it takes minutes on a slow machine.
  it.skipIf(!thorough || !existsSync(go))(
    'attach with their client in Go, and read the device’s path',
    async () => {
      const { url } = await start();
      const folder = temporaryFolder();
      await writeFile(join(folder, 'main.go'), goClient(url));
      const env = { ...process.env, GO111MODULE: 'off' };
      const { stdout } = await run(go, ['run', join(folder, 'main.go'), machineId(1)], { env });
      expect(stdout.trim()).toMatch(/\/vdb$/);
    },
    130_000,
  );

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

import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/domain/json.ts';
import type { DumpResult } from '../../src/dumps/dump-request.ts';
import { parseRange } from '../../src/http/downloads/range.ts';
import { sampleRecord } from '../contracts/sample-records.ts';
import { ask, codeOf } from '../fakes/graphql-client.ts';
import { machineId } from '../fakes/machines.ts';
import type { TestServer, TestServerOptions } from '../fakes/open-server.ts';
import { send } from '../fakes/raw-request.ts';
import { startTestServer } from '../fakes/server.ts';
import { seekableFile } from '../formats/zstd-seekable/seekable-file.ts';

const pieces = [
  { kind: 'compressed', content: randomBytes(300_000) },
  { kind: 'zero', content: new Uint8Array(500_000) },
  { kind: 'compressed', content: randomBytes(200_000) },
] as const;
const image = Buffer.concat(pieces.map(({ content }) => content));

/** A server with one completed dump whose artifact is really there. */
async function startWithDump(options: TestServerOptions = {}) {
  const server = await startTestServer(options);
  const trigger = 'mutation { triggerDumps(input: { vms: ["vm-1"] }) { accepted { id } } }';
  const { id } = (await ask(server.url, trigger)).data.triggerDumps.accepted[0];
  const run = await server.dumping.next();
  const bytes = await seekableFile(pieces);
  const key = { folder: machineId(1), file: `2026-01-01_${id}.elf.zst` };
  const writer = await server.services.store.begin(key, bytes.length);
  await writer.write(bytes);
  const proof = await writer.commit(() => ({}));
  const result: DumpResult = {
    ...key,
    method: 'SNAPSHOT',
    methodReason: 'a snapshot is possible',
    vmid: '1',
    guestPauseMs: 2.1,
    capturedAtMs: 0,
    rawSizeBytes: image.length,
    imageSha256: null,
    sha256: proof.sha256,
    sizeBytes: bytes.length,
    dumpPath: proof.location,
  };
  await server.records.append(sampleRecord(1, { id, machineId: machineId(1) }));
  run.finish({ result: result as Json });
  await server.operations.settled(id);
  return { ...server, id: id as string, bytes, path: `/api/dumps/${id}/artifact`, sha256: proof.sha256 };
}

const fetchBytes = async (url: string, headers: Record<string, string> = {}) => {
  const response = await fetch(url, { headers });
  return { response, bytes: Buffer.from(await response.arrayBuffer()) };
};

describe('a download', () => {
  it('is the file as it lies on disk, with its digest; or the image, decompressed', async () => {
    const { url, path, bytes, sha256, id } = await startWithDump();
    const file = await fetchBytes(url + path);
    expect(file.bytes.equals(bytes)).toBe(true);
    expect(createHash('sha256').update(file.bytes).digest('hex')).toBe(sha256);
    expect(Object.fromEntries(file.response.headers)).toMatchObject({
      'content-type': 'application/zstd',
      'content-length': String(bytes.length),
      'content-disposition': `attachment; filename="vm-1_2026-01-01_${id}.elf.zst"`,
      etag: `"${sha256}"`,
      'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
      'cache-control': 'private, no-store',
      'accept-ranges': 'bytes',
    });
    const decompressed = await fetchBytes(`${url}${path}?form=image`);
    expect(decompressed.bytes.equals(image)).toBe(true);
    expect(decompressed.response.headers.get('content-disposition')).toContain(`_${id}.elf"`);
    expect((await fetch(`${url}${path}?form=other`)).status).toBe(400);
  });

  it('takes ranges of either, goes on where it broke off, and only of the same artifact', async () => {
    const { url, path, bytes, sha256 } = await startWithDump();
    for (const [query, whole] of [
      ['', bytes],
      ['?form=image', image],
    ] as const) {
      const some = await fetchBytes(`${url}${path}${query}`, { range: 'bytes=1000-250999' });
      expect([some.response.status, some.response.headers.get('content-range')]).toEqual([
        206,
        `bytes 1000-250999/${whole.length}`,
      ]);
      expect(some.bytes.equals(whole.subarray(1000, 251_000))).toBe(true);
      const last = await fetchBytes(`${url}${path}${query}`, { range: 'bytes=-10' });
      expect(last.bytes.equals(whole.subarray(-10))).toBe(true);
      const beyond = await fetchBytes(`${url}${path}${query}`, { range: `bytes=${whole.length}-` });
      expect([beyond.response.status, beyond.response.headers.get('content-range')]).toEqual([
        416,
        `bytes */${whole.length}`,
      ]);
    }
    const same = await fetchBytes(url + path, { range: 'bytes=5-', 'if-range': `"${sha256}"` });
    expect(same.response.status).toBe(206);
    const other = await fetchBytes(url + path, { range: 'bytes=5-', 'if-range': '"another"' });
    expect([other.response.status, other.bytes.length]).toEqual([200, bytes.length]);
    expect((await fetch(url + path, { headers: { 'if-none-match': `"${sha256}"` } })).status).toBe(304);
  });

  it('is asked about by HEAD, and not taken for done', async () => {
    const { url, path, bytes, services } = await startWithDump();
    const response = await fetch(url + path, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-length')]).toEqual([200, String(bytes.length)]);
    const { records } = await services.access.auditLog({ limit: 10 });
    expect(records.map(({ action }) => action)).toEqual(['triggerDumps']);
  });

  it('is written down with its actor before the first byte, in the audit and in the event log', async () => {
    const { url, path, id, services, access } = await startWithDump();
    await fetchBytes(url + path, { range: 'bytes=0-9' });
    await fetchBytes(url + path, { range: 'bytes=10-19' });
    const { records } = await access.auditLog({ limit: 2 });
    expect(records.map(({ details }) => details)).toEqual([
      { id, form: 'FILE', start: 10, end: 20 },
      { id, form: 'FILE', start: 0, end: 10 },
    ]);
    const { data } = await ask(url, '{ events(after: "0") { nodes { type message } } }');
    expect(data.events.nodes.filter(({ type }: { type: string }) => type === 'NOTED')).toEqual([
      { type: 'NOTED', message: 'Downloaded by local' },
    ]);
    expect(services.info.version).toBe('0.0.0-test');
  });

  it.each(['audit', 'journal'])('is refused if the %s cannot be written', async (what) => {
    const { url, path } = await startWithDump({
      wrap: (services) => ({
        ...services,
        ...(what === 'audit' && {
          access: {
            ...services.access,
            required: false,
            audit: ({ action }) => (action === 'download' ? Promise.reject(new Error('disk full')) : Promise.resolve()),
          },
        }),
        ...(what === 'journal' && {
          operations: { ...services.operations, note: () => Promise.reject(new Error('disk full')) },
        }),
      }),
    });
    const { response, bytes } = await fetchBytes(url + path);
    expect([response.status, bytes.length < 500]).toEqual([500, true]);
  });

  it('needs an admin; a link that an admin made is good for that artifact, and for a while', async () => {
    let now = Date.now();
    let elapsed = 0;
    const server = await startWithDump({ now: () => now, elapsedMs: () => elapsed });
    const { url, path, id, access } = server;
    const secrets: Record<string, string> = {};
    for (const role of ['ADMIN', 'OPERATOR', 'VIEWER'] as const) {
      secrets[role] = (await access.createToken({ name: role, role, expiresAtMs: null }, 'test')).secret;
    }
    const bearer = (role: string) => ({ authorization: `Bearer ${secrets[role]}` });
    expect((await fetch(url + path)).status).toBe(401);
    expect((await fetch(url + path, { headers: bearer('OPERATOR') })).status).toBe(403);
    expect((await fetch(url + path, { headers: bearer('ADMIN') })).status).toBe(200);

    const create =
      'mutation($id: ID!, $form: DownloadForm!) { createDownload(id: $id, form: $form) { download { url fileName expiresAt } errors { code } } }';
    expect(codeOf(await ask(url, create, { id, form: 'FILE' }, bearer('OPERATOR')))).toBe('FORBIDDEN');
    const link = (await ask(url, create, { id, form: 'IMAGE' }, bearer('ADMIN'))).data.createDownload.download;
    expect(link.fileName).toBe(`vm-1_2026-01-01_${id}.elf`);
    expect((await fetchBytes(url + link.url)).bytes.equals(image)).toBe(true);
    expect((await fetch(url + link.url.replace('form=image&', ''))).status).toBe(401);
    expect((await fetch(`${url}${path}?ticket=wrong`)).status).toBe(401);
    const admin = (await access.tokens()).find(({ role }) => role === 'ADMIN');
    const other = (await ask(url, create, { id, form: 'FILE' }, bearer('ADMIN'))).data.createDownload.download;
    now += 3 * 86_400_000;
    expect((await fetchBytes(url + other.url)).response.status, 'a clock that jumps ends no link').toBe(200);
    now -= 6 * 86_400_000;
    elapsed += 11 * 60_000;
    expect((await fetch(url + other.url)).status, 'and makes none last').toBe(401);
    const third = (await ask(url, create, { id, form: 'FILE' }, bearer('ADMIN'))).data.createDownload.download;
    await access.createToken({ name: 'keeper', role: 'ADMIN', expiresAtMs: null }, 'test');
    await access.revokeToken(admin?.id ?? '', 'test');
    expect((await fetch(url + third.url)).status).toBe(401);
  });

  it('of what is not there, deleted or damaged is refused', async () => {
    const server = await startWithDump();
    const status = async (path: string) => (await fetch(server.url + path)).status;
    expect(await status('/api/dumps/01900000-0000-7000-8000-000000000000/artifact')).toBe(404);
    expect(await status('/api/dumps/..%2f..%2fetc%2fpasswd/artifact')).toBe(404);
    await server.records.mark(server.id, 'DAMAGED');
    expect(await status(server.path)).toBe(409);
    await server.records.mark(server.id, 'DELETED');
    expect(await status(server.path)).toBe(410);
  });

  it('that nobody waits for any more leaves nothing open', async () => {
    let open = 0;
    const server: TestServer & { path: string } = await startWithDump({
      limits: { maxConnectionsPerActor: 1 },
      wrap: (services) => ({
        ...services,
        store: {
          ...services.store,
          location: services.store.location,
          open: async (key) => {
            const reader = await services.store.open(key);
            open += 1;
            return {
              sizeBytes: reader.sizeBytes,
              read: (offset: number) => (offset === 0 ? reader.read(0, 1000) : new Promise(() => {})),
              close: async () => {
                open -= 1;
                await reader.close();
              },
            };
          },
        },
      }),
    });
    const controller = new AbortController();
    const response = await fetch(server.url + server.path, { signal: controller.signal });
    expect([response.status, open]).toEqual([200, 1]);
    expect((await fetch(server.url + server.path)).status).toBe(413);
    controller.abort();
    await expect.poll(() => open).toBe(0);
  });

  it('is not for a page of another site', async () => {
    const { port, path } = await startWithDump();
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await send(port, { method: 'GET', path, headers })).status).toBe(403);
  });
});

describe('a range', () => {
  it.each([
    [undefined, 'WHOLE'],
    ['bytes=0-0', { start: 0, end: 1 }],
    ['bytes=5-', { start: 5, end: 100 }],
    ['bytes=5-1000', { start: 5, end: 100 }],
    ['bytes=-5', { start: 95, end: 100 }],
    ['bytes=-500', { start: 0, end: 100 }],
    ['bytes=100-', null],
    ['bytes=-0', null],
    ['bytes=9-5', 'WHOLE'],
    ['bytes=-', 'WHOLE'],
    ['bytes=0-1,5-6', 'WHOLE'],
    ['lines=1-2', 'WHOLE'],
    ['bytes=99999999999999999999-', null],
  ])('%j of 100 bytes is %j', (header, expected) => {
    expect(parseRange(header, 100)).toEqual(expected);
  });
});

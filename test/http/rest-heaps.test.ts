import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import { startTestServer } from '../fakes/server.ts';
import { writeSnapshot } from '../formats/heap-snapshot/written-snapshot.ts';

const text = writeSnapshot([
  { type: 'synthetic', edges: [{ to: 1 }] },
  { name: 'Session', size: 64, edges: [{ name: 'user', to: 2 }] },
  { type: 'string', name: 'a secret', size: 16 },
]);
/** What the old tool's clients say beside a file, by the words of this route. */
const words = {
  service: 'my-service',
  container: 'd71ae883f659',
  session: 'session_d71ae883f659_1704934567890',
  phase: 'before',
  takenAt: '2024-01-11T10:42:47.890Z',
};

async function start(options: Parameters<typeof startTestServer>[0] = {}) {
  const server = await startTestServer(options);
  const upload = (change: Record<string, string> = {}, body: BodyInit = text, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/api/heaps?${new URLSearchParams({ ...words, ...change })}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream', ...headers },
      body,
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    } as RequestInit);
  const sessions = () => server.services.heaps.sessions({ limit: 10 });
  return { ...server, upload, sessions };
}

describe('uploads of heap snapshots', () => {
  it('of a session become a pair of their service (H8, H10), and come back byte by byte', async () => {
    const { url, upload, sessions } = await start();
    expect((await upload()).status).toBe(200);
    const answer = await upload({ phase: 'after', takenAt: '2024-01-11T10:45:47.891Z' });
    const { id, sessionId, rawSizeBytes, sha256 } = await answer.json();
    expect({ rawSizeBytes, sha256 }).toEqual({
      rawSizeBytes: text.length,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await sessions()).toMatchObject([
      {
        id: sessionId,
        service: 'my-service',
        captures: [
          { index: 0, container: 'd71ae883f659', takenAtMs: Date.parse('2024-01-11T10:42:47.890Z'), actor: 'local' },
          { index: 1, takenAtMs: Date.parse('2024-01-11T10:45:47.891Z'), id },
        ],
      },
    ]);
    const back = await fetch(`${url}/api/heaps/${id}/snapshot`);
    expect(back.headers.get('content-disposition')).toMatch(/^attachment; filename=".*\.heapsnapshot"$/);
    expect(back.headers.get('cache-control')).toBe('private, no-store');
    expect(await back.text()).toBe(text);
  });

  it('may be repeated: the same session and phase stores nothing twice and answers the same', async () => {
    const { upload, sessions } = await start();
    const first = await (await upload()).json();
    expect(await (await upload()).json()).toEqual(first);
    expect((await sessions()).map(({ captures }) => captures.length)).toEqual([1]);
    // Another service may use the same name for its session.
    expect((await (await upload({ service: 'other' })).json()).sessionId).not.toBe(first.sessionId);
  });

  it('are read as they come: what is no snapshot is refused, and nothing of it stays', async () => {
    const { upload, sessions } = await start();
    const broken = await upload({}, text.replace('"edges"', '"nodes"'));
    expect(broken.status).toBe(422);
    expect((await broken.json()).errors).toMatchObject([{ extensions: { code: 'SNAPSHOT_INVALID' } }]);
    const cut = await upload({}, text.slice(0, -5));
    expect((await cut.json()).errors).toMatchObject([{ extensions: { code: 'SNAPSHOT_INVALID' } }]);
    expect(await sessions()).toEqual([]);
    expect((await upload()).status).toBe(200);
  });

  it('that break off in the middle leave nothing, and can be sent again', async () => {
    const { port, upload, sessions } = await start();
    const socket = connect(port, '127.0.0.1');
    const path = `/api/heaps?${new URLSearchParams(words)}`;
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/octet-stream\r\nContent-Length: ${text.length}\r\n\r\n`,
    );
    socket.write(text.slice(0, 500));
    await new Promise<void>((resolve) => socket.write(text.slice(500, 600), () => resolve()));
    socket.destroy();
    // The name is free again as soon as the server has noticed.
    let status = 0;
    while (status !== 200) status = (await upload()).status;
    expect((await sessions()).map(({ captures }) => captures.length)).toEqual([1]);
  });

  it('are refused without the words that name them, and by role', async () => {
    const { upload, access } = await start();
    for (const change of [{ service: '' }, { session: '' }, { phase: 'between' }, { takenAt: 'yesterday' }]) {
      const answer = await upload(change as Record<string, string>);
      const { errors } = await answer.json();
      expect([answer.status, errors[0].extensions.code], JSON.stringify(change)).toEqual([400, 'BAD_INPUT']);
    }
    await access.createToken({ name: 'admin', role: 'ADMIN', expiresAtMs: null }, 'test');
    const { secret } = await access.createToken({ name: 'viewer', role: 'VIEWER', expiresAtMs: null }, 'test');
    expect((await upload({}, text, { authorization: `Bearer ${secret}` })).status).toBe(403);
  });

  it('lose the contents of their strings where the sender asks for it', async () => {
    const { url, upload } = await start();
    const { id } = await (await upload({ redact: '1' })).json();
    const kept = await (await fetch(`${url}/api/heaps/${id}/snapshot`)).text();
    expect(kept).not.toContain('a secret');
    expect(JSON.parse(kept).strings).toContain('Session');
    expect(createHash('sha256').update(kept).digest('hex')).not.toBe(createHash('sha256').update(text).digest('hex'));
  });
});

describe('a comparison of snapshots', () => {
  it('is given up when the client that asked for it hangs up', async () => {
    const { url, services } = await startTestServer();
    const asked = Promise.withResolvers<AbortSignal>();
    services.heaps.diff = (_before, _after, signal) => {
      if (signal !== undefined) asked.resolve(signal);
      return new Promise(() => undefined);
    };
    const client = new AbortController();
    const answer = fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ heapDiff(before: "a", after: "b") { comparedBy } }' }),
      signal: client.signal,
    });
    const signal = await asked.promise;
    expect(signal.aborted).toBe(false);
    client.abort();
    await expect(answer).rejects.toThrow();
    await expect.poll(() => signal.aborted, { timeout: 10_000 }).toBe(true);
  });
});

describe('a capture of a heap', () => {
  it('belongs to the trace of the request that asked for it', async () => {
    const { url, services } = await startTestServer();
    const asked: (string | undefined)[] = [];
    services.heaps.capture = async ({ traceparent }) => {
      asked.push(traceparent);
      throw new MemoirError('NOT_FOUND', 'nobody');
    };
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    for (const headers of [{ traceparent }, {}]) {
      const answer = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query: 'mutation { captureHeap(input: { target: "1" }) { errors { code } } }' }),
      });
      expect((await answer.json()).data.captureHeap.errors).toEqual([{ code: 'NOT_FOUND' }]);
    }
    expect(asked).toEqual([traceparent, undefined]);
  });
});

import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ask, codeOf } from '../fakes/graphql-client.ts';
import { send } from '../fakes/raw-request.ts';
import { startTestServer } from '../fakes/server.ts';

const json = { 'content-type': 'application/json' };

describe('a refusal', () => {
  it.each(['PUT', 'DELETE', 'PATCH'])('of %s names the methods that the address takes', async (method) => {
    const { port } = await startTestServer();
    for (const [path, allow] of [
      ['/graphql', 'GET, HEAD, POST'],
      ['/api/memory-dumps/status/vm-1', 'GET, HEAD'],
      ['/api/memory-dumps/trigger', 'POST'],
    ]) {
      const answer = await send(port, { method, path: path as string });
      expect([answer.status, answer.headers.allow], path).toEqual([405, allow]);
      expect(JSON.parse(answer.text)).toMatchObject({
        errors: [{ message: `this address does not take ${method}`, extensions: { code: 'BAD_INPUT' } }],
      });
    }
    expect((await send(port, { method, path: '/nothing' })).status).toBe(404);
  });

  it.each([
    ['', json, 'the body is empty: it must be JSON'],
    ['{', json, /^the body is not JSON, or has a member `__proto__`/],
    ['{"query":"{vms{id}}","__proto__":{}}', json, /`__proto__`/],
    ['query={vms{id}}', { 'content-type': 'text/csv' }, /must be JSON/],
    ['"'.padEnd(300_000, 'x'), json, /larger than this server reads/],
  ])('of the framework is in the house’s words: %.20s', async (body, headers, message) => {
    const { port } = await startTestServer();
    const { text } = await send(port, { headers: { ...headers, 'content-length': String(body.length) }, body });
    const [error] = (JSON.parse(text) as { errors: { message: string }[] }).errors;
    expect(error?.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
  });

  it('of a visit from another site holds for an address however it is written', async () => {
    const { port } = await startTestServer();
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    for (const path of ['/api/memory-dumps/stats', '/%61pi/memory-dumps/stats', '/ap%69/memory-dumps/stats'])
      expect((await send(port, { method: 'GET', path, headers })).status, path).toBe(403);
  });

  it('of a day that there is not', async () => {
    const { url } = await startTestServer();
    const query = 'query($from: DateTime) { dumpStats(filter: { from: $from }) { totalDumps } }';
    for (const from of ['2027-02-30', '2027-02-29T10:00:00Z', '2027-04-31'])
      expect(codeOf(await ask(url, query, { from })), from).toBe('BAD_INPUT');
    expect(codeOf(await ask(url, query, { from: '2028-02-29' }))).toBeUndefined();
  });
});

describe('a socket', () => {
  const open = async (url: string, first: object) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    socket.on('open', () => socket.send(JSON.stringify(first)));
    return new Promise<[number, string]>((resolve) =>
      socket.on('close', (code, reason) => resolve([code, String(reason)])),
    );
  };

  it('that sends what only a server says is closed as a client’s mistake, without an error in the log', async () => {
    const { url, log } = await startTestServer();
    for (const type of ['next', 'error', 'connection_ack'])
      expect((await open(url, { type, id: '1', payload: type === 'error' ? [] : {} }))[0]).toBe(4400);
    expect(log.lines).toEqual([]);
  });

  it('is refused with 4401 and a reason that fits, however long its token’s name is', async () => {
    const { url, access } = await startTestServer();
    await access.createToken({ name: 'root', role: 'ADMIN', expiresAtMs: null }, 'test');
    const name = 'ゆ'.repeat(60);
    const { token, secret } = await access.createToken({ name, role: 'VIEWER', expiresAtMs: null }, 'test');
    await access.revokeToken(token.id, 'test');
    const [code, reason] = await open(url, { type: 'connection_init', payload: { token: secret } });
    expect(code).toBe(4401);
    expect(reason).toMatch(/^the token ゆ+$/);
  });
});

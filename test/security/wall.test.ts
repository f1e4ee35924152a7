import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestServer, type TestServer } from '../fakes/open-server.ts';
import { send, upgrade } from '../fakes/raw-request.ts';
import { startTestServer } from '../fakes/server.ts';

// The traps under the table of failure modes: DNS rebinding, hijacked WebSockets, forged requests, reflected origins, forms.

const json = { 'content-type': 'application/json' };
const body = JSON.stringify({ query: '{ vms { id } }' });
const events = { ...json, accept: 'text/event-stream' };
const subscription = JSON.stringify({ query: 'subscription { dumpProgress(ids: []) { id } }' });

describe('the wall', () => {
  let server: TestServer;
  let port: number;
  beforeAll(async () => {
    server = await openTestServer({ allowedHosts: ['memoir.example'], allowedOrigins: ['https://board.example'] });
    port = server.port;
  });
  afterAll(() => server.close());

  it.each([
    ['127.0.0.1:4000', true],
    ['localhost', true],
    ['memoir.localhost:4000', true],
    ['[::1]:4000', true],
    ['192.0.2.1', true],
    ['memoir.example:4000', true],
    ['MEMOIR.example', true],
    ['attacker.example', false],
    ['127.0.0.1.attacker.example', false],
    ['localhost.attacker.example', false],
    ['memoir.example.attacker.example', false],
    ['user@127.0.0.1', false],
    ['[::1', false],
  ])('a request for %j is let through: %s (DNS rebinding)', async (host, allowed) => {
    const expected = allowed ? 200 : 403;
    expect((await send(port, { headers: { ...json, host }, body })).status).toBe(expected);
    expect((await send(port, { headers: { ...events, host }, body: subscription })).status).toBe(expected);
    expect((await send(port, { method: 'GET', path: '/', headers: { host } })).status).toBe(expected);
    expect(await upgrade(port, { host })).toBe(allowed ? 101 : 403);
  });

  it.each([
    ['http://127.0.0.1:1', true],
    ['https://127.0.0.1:1', true],
    ['https://board.example', true],
    ['http://board.example', false],
    ['https://board.example.attacker.example', false],
    ['http://127.0.0.1:2', false],
    ['https://attacker.example', false],
    ['null', false],
    ['', false],
  ])(
    'a request from a page of %j is let through: %s (cross-site request, hijacked WebSocket)',
    async (origin, allowed) => {
      const headers = { host: '127.0.0.1:1', origin };
      const expected = allowed ? 200 : 403;
      const answer = await send(port, { headers: { ...json, ...headers }, body });
      expect(answer.status).toBe(expected);
      expect((await send(port, { headers: { ...events, ...headers }, body: subscription })).status).toBe(expected);
      expect(await upgrade(port, headers)).toBe(allowed ? 101 : 403);
      // An origin is repeated only if it was allowed by name.
      expect(answer.headers['access-control-allow-origin']).toBe(
        origin === 'https://board.example' ? origin : undefined,
      );
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    },
  );

  it('answers a preflight of nobody but an allowed page', async () => {
    const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' };
    const allowed = await send(port, { method: 'OPTIONS', headers: { origin: 'https://board.example', ...preflight } });
    expect(allowed.status).toBe(204);
    expect(allowed.headers['access-control-allow-headers']).toContain('authorization');
    const refused = await send(port, {
      method: 'OPTIONS',
      headers: { origin: 'https://attacker.example', ...preflight },
    });
    expect(refused.status).toBe(403);
    expect(Object.keys(refused.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('refuses what a link, an image or a script tag of another site makes a browser send', async () => {
    const cross = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' };
    const visit = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    const path = '/graphql?query=%7B__typename%7D';
    expect((await send(port, { method: 'GET', path, headers: cross })).status).toBe(403);
    expect((await send(port, { method: 'GET', path, headers: visit })).status).toBe(403);
    expect((await send(port, { method: 'GET', path: '/', headers: visit })).status).toBe(200);
  });

  it.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain', ''])(
    'refuses a body of type %j, which any page may send, and does nothing',
    async (type) => {
      const mutation = JSON.stringify({ query: 'mutation { triggerDumps(input: { all: true }) { accepted { id } } }' });
      const headers: Record<string, string> = type === '' ? {} : { 'content-type': type };
      expect([403, 415]).toContain((await send(port, { headers, body: mutation })).status);
      expect(await server.operations.tally()).toEqual([]);
    },
  );

  it('wants a proof for a GET, and none for a POST of JSON', async () => {
    const path = '/graphql?query=%7B__typename%7D';
    const bare = await send(port, { method: 'GET', path });
    expect([bare.status, JSON.parse(bare.text).errors[0].extensions.code]).toEqual([403, 'FORBIDDEN']);
    for (const proof of ['x-csrf-prevention', 'apollo-require-preflight']) {
      expect((await send(port, { method: 'GET', path, headers: { [proof]: '1' } })).status).toBe(200);
    }
  });

  it('sends its headers with every answer, refusals and streams too', async () => {
    const answers = await Promise.all([
      send(port, { headers: json, body }),
      send(port, { headers: events, body: subscription }),
      send(port, { method: 'GET', path: '/' }),
      send(port, { method: 'GET', path: '/health' }),
      send(port, { method: 'GET', path: '/nothing' }),
      send(port, { headers: { ...json, host: 'attacker.example' }, body }),
    ]);
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
      });
      for (const name of ['x-powered-by', 'server', 'strict-transport-security'])
        expect(headers).not.toHaveProperty(name);
    }
  });
});

describe('what is a matter of configuration', () => {
  it('GraphiQL is off unless asked for', async () => {
    const visit = { method: 'GET', headers: { accept: 'text/html' } };
    const off = await startTestServer();
    expect((await send(off.port, visit)).status).toBe(403);
    const on = await startTestServer({ graphiql: true });
    const page = await send(on.port, visit);
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.text).toContain('<title>Memoir</title>');
  });

  it('introspection can be turned off', async () => {
    const query = JSON.stringify({ query: '{ __schema { types { name } } }' });
    const on = await startTestServer();
    expect(
      JSON.parse((await send(on.port, { headers: json, body: query })).text).data.__schema.types.length,
    ).toBeGreaterThan(10);
    const off = await startTestServer({ introspection: false });
    expect(JSON.parse((await send(off.port, { headers: json, body: query })).text).errors[0].extensions.code).toBe(
      'BAD_INPUT',
    );
  });
});

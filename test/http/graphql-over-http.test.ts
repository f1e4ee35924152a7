import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestServer, type TestServer } from '../fakes/open-server.ts';

const json = 'application/json; charset=utf-8';
const graphqlJson = 'application/graphql-response+json; charset=utf-8';
const post = (body: unknown, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

describe('GraphQL over HTTP', () => {
  let server: TestServer;
  let url: string;
  beforeAll(async () => {
    server = await openTestServer();
    url = server.url;
  });
  afterAll(() => server.close());

  it('answers in the form that the client accepts', async () => {
    const typeFor = async (accept: string) => {
      const response = await fetch(`${url}/graphql`, post({ query: '{ vms { id } }' }, { accept }));
      return [response.status, response.headers.get('content-type')];
    };
    expect(await typeFor('*/*')).toEqual([200, json]);
    expect(await typeFor('application/json')).toEqual([200, json]);
    expect(await typeFor('application/graphql-response+json, application/json;q=0.9')).toEqual([200, graphqlJson]);
    expect(await typeFor('application/graphql-response+json;q=0.1, application/json')).toEqual([200, json]);
    expect(await typeFor('application/json; charset=utf-8')).toEqual([200, json]);
    expect(await typeFor('text/html')).toEqual([406, json]);
    expect(await typeFor('text/event-stream')).toEqual([200, 'text/event-stream; charset=utf-8']);
  });

  it('tells a refused request by its status to clients who know the form, and by its body to the others', async () => {
    for (const query of ['{', '{ nothing }', 'query($id: ID!) { dump(id: $id) { id } }']) {
      const known = await fetch(`${url}/graphql`, post({ query }, { accept: 'application/graphql-response+json' }));
      expect(known.status).toBe(400);
      const old = await fetch(`${url}/graphql`, post({ query }, { accept: 'application/json' }));
      expect(old.status).toBe(200);
      expect(await old.json()).toEqual(await known.json());
    }
  });

  it.each([
    ['nothing', '', 400],
    ['null', 'null', 400],
    ['a number', '5', 400],
    ['a string', '"{ vms { id } }"', 400],
    ['an empty object', '{}', 400],
    ['an empty list', '[]', 400],
    ['a batch', '[{"query":"{ vms { id } }"},{"query":"{ vms { id } }"}]', 400],
    ['half of an object', '{"query":', 400],
    ['a number for a query', '{"query":5}', 400],
    ['a list of variables', '{"query":"{ vms { id } }","variables":[]}', 400],
    ['a string of extensions', '{"query":"{ vms { id } }","extensions":"x"}', 400],
    ['a name that is a number', '{"query":"{ vms { id } }","operationName":5}', 400],
    ['a prototype', '{"query":"{ vms { id } }","__proto__":{"admin":true}}', 400],
    ['too much', JSON.stringify({ query: `{ vms { id } } #${'x'.repeat(300_000)}` }), 413],
  ])('refuses a body that is %s', async (_, body, status) => {
    const response = await fetch(`${url}/graphql`, post(body));
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe(json);
    const code = status === 413 ? 'LIMIT_EXCEEDED' : 'BAD_INPUT';
    expect(await response.json()).toMatchObject({ errors: [{ message: expect.any(String), extensions: { code } }] });
  });

  it.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'application/graphql',
  ])('takes no body of type %s', async (type) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: 'query=%7Bvms%7Bid%7D%7D',
    });
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_INPUT' } }] });
  });

  it('answers no mutation by GET, and knows no other method', async () => {
    const mutation = encodeURIComponent('mutation { triggerDumps(input: { all: true }) { accepted { id } } }');
    const response = await fetch(`${url}/graphql?query=${mutation}`, { headers: { 'x-csrf-prevention': '1' } });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      expect((await fetch(`${url}/graphql`, { method })).status).toBeGreaterThanOrEqual(400);
    }
  });

  it('upgrades to a WebSocket at its own path only', async () => {
    const { port } = server;
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(
          `GET /other HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
        ),
      );
      socket.once('data', (data) => resolve(String(data)));
    });
    expect(answer).toMatch(/^HTTP\/1.1 404 /);
  });
});

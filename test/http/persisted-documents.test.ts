import { readFileSync } from 'node:fs';
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultDocumentLimits } from '../../src/graphql/limits/document-limits.ts';
import { checkDocument } from '../../src/graphql/limits/measure.ts';
import { schema } from '../../src/graphql/schema.ts';
import { openTestServer, type TestServer } from '../fakes/open-server.ts';

const trigger =
  'mutation($vms: [String!]) { triggerDumps(input: { vms: $vms }) { accepted { vmName } rejected { code } } }';
const persistedDocuments = new Map([
  ['aa', '{ vms { name } }'],
  ['bb', trigger],
  ['cc', '{ tokens { name } }'],
  ['dd', 'query($id: ID!) { dump(id: $id) { id } }'],
]);

describe('a persisted document', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer({ persistedDocuments });
  });
  afterAll(() => server.close());

  const send = async (body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, ...((await response.json()) as { data?: unknown; errors?: unknown[] }) };
  };

  it('is named in each of the ways that clients know', async () => {
    const expected = { data: { vms: [{ name: 'vm-1' }, { name: 'vm-2' }, { name: 'vm-3' }] } };
    expect(await send({ documentId: 'sha256:aa' })).toMatchObject(expected);
    expect(await send({ documentId: 'aa' })).toMatchObject(expected);
    expect(await send({ extensions: { persistedQuery: { version: 1, sha256Hash: 'aa' } } })).toMatchObject(expected);
    const query = new URLSearchParams({ extensions: '{"persistedQuery":{"version":1,"sha256Hash":"aa"}}' });
    const got = await fetch(`${server.url}/graphql?${query}`, { headers: { 'x-csrf-prevention': '1' } });
    expect(await got.json()).toEqual(expected);
  });

  it('that is not known is said to be so in the words that clients understand, and is never learned', async () => {
    const unknown = { extensions: { persistedQuery: { version: 1, sha256Hash: 'ff' } } };
    const errors = [{ message: 'PersistedQueryNotFound', extensions: { code: 'NOT_FOUND' } }];
    expect(await send(unknown)).toMatchObject({ errors });
    expect(await send({ ...unknown, query: '{ vms { id } }' })).toHaveProperty('data');
    expect(await send(unknown)).toMatchObject({ errors });
    for (const odd of [5, null, [], { a: 1 }, '__proto__', 'constructor']) {
      expect((await send({ documentId: odd })).errors).toHaveLength(1);
    }
  });

  it('has the same context, audit, masking and authority as one that is sent', async () => {
    expect(await send({ documentId: 'bb', variables: { vms: ['vm-1', 'x'] } })).toMatchObject({
      data: { triggerDumps: { accepted: [{ vmName: 'vm-1' }], rejected: [{ code: 'NOT_FOUND' }] } },
    });
    expect((await server.access.auditLog({ limit: 10 })).records).toMatchObject([
      { actor: 'local', action: 'triggerDumps' },
    ]);
    expect(await send({ documentId: 'dd' })).toMatchObject({ errors: [{ extensions: { code: 'BAD_INPUT' } }] });
    await server.access.createToken({ name: 'root', role: 'ADMIN', expiresAtMs: null }, 'test');
    const viewer = await server.access.createToken({ name: 'eve', role: 'VIEWER', expiresAtMs: null }, 'test');
    expect((await send({ documentId: 'aa' })).status).toBe(401);
    const headers = { authorization: `Bearer ${viewer.secret}` };
    expect(await send({ documentId: 'cc' }, headers)).toMatchObject({
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    });
    expect(await send({ documentId: 'bb', variables: { vms: ['vm-2'] } }, headers)).toMatchObject({
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    });
  });
});

describe('the dashboard’s own documents', () => {
  const file = JSON.parse(readFileSync('client/api/generated/persisted-documents.json', 'utf8')) as Record<
    string,
    string
  >;

  it.each(Object.values(file).map((text) => [/(query|mutation|subscription) (\w+)/.exec(text)?.[2], text]))(
    '%s is well within the limits',
    (_, text) => {
      const half = Object.fromEntries(Object.entries(defaultDocumentLimits).map(([name, limit]) => [name, limit / 2]));
      // The longest page that the dashboard asks for.
      checkDocument(schema, parse(text as string), { first: 1000 }, half as unknown as typeof defaultDocumentLimits);
    },
  );
});

describe('the same query, asked many times at once', () => {
  it('is executed far less often, and never shows a client less than it had done before', async () => {
    let executed = 0;
    let slowness = 300;
    const server = await openTestServer({
      wrap: (services) => ({
        ...services,
        records: {
          ...services.records,
          count: async (filter) => {
            executed += 1;
            await new Promise((resolve) => setTimeout(resolve, slowness));
            return services.records.count(filter);
          },
        },
      }),
    });
    const ask = async () => {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ dumpRecords { totalCount } operations { totalCount } }' }),
      });
      return ((await response.json()) as { data: { operations: { totalCount: number } } }).data.operations.totalCount;
    };
    try {
      await Promise.all(Array.from({ length: 100 }, ask));
      expect(executed).toBeLessThan(50);
      slowness = 0;
      // Others ask all the time; whoever triggers sees the own dump in the next answer.
      const others = Promise.all(Array.from({ length: 200 }, ask));
      const { dumps } = server.services;
      await dumps.trigger({ vms: ['vm-1'], method: 'AUTO', format: 'ELF', compression: 'ZSTD' }, 'test');
      expect(await ask()).toBe(1);
      await dumps.trigger({ vms: ['vm-2'], method: 'AUTO', format: 'ELF', compression: 'ZSTD' }, 'test');
      expect(await ask()).toBe(2);
      await others;
    } finally {
      await server.close();
    }
  });
});

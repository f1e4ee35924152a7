import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask, codeOf, follow, listen, next } from '../fakes/graphql-client.ts';
import { openTestServer, type TestServer } from '../fakes/open-server.ts';
import { startTestServer } from '../fakes/server.ts';
import { watchHeldBytes } from '../held-memory.ts';

// Fault 25: huge, deep, wide and circular GraphQL is refused in no time, on every transport.

const many = (count: number, make: (n: number) => string) => Array.from({ length: count }, (_, n) => make(n)).join(' ');

const attacks: [string, string][] = [
  ['a hundred thousand words', `{ ${'a '.repeat(100_000)} }`],
  ['one long text', `{ vms { id } } # ${'x'.repeat(100_000)}`],
  ['deep', `{ vms { ${'activeDump { vm { '.repeat(30)} id ${'} } '.repeat(30)} } }`],
  ['wide', `{ vms { ${'id '.repeat(1500)} } }`],
  ['aliases of a costly root', `{ ${many(200, (n) => `a${n}: dumpStats { totalDumps }`)} }`],
  ['the same root again and again', `{ ${'vms { id } '.repeat(400)} }`],
  [
    'costly pages',
    `{ ${many(20, (n) => `a${n}: dumps(first: 1000) { nodes { id vm { id lastRecord { id dump { id phase state } } } } }`)} }`,
  ],
  [
    'lists in lists',
    '{ vms { captureOptions { vm { captureOptions { vm { captureOptions { vm { captureOptions { freeBytes } } } } } } } } }',
  ],
  ['a fragment in itself', '{ vms { ...F } } fragment F on Vm { activeDump { vm { ...F } } }'],
  ['fragments in a circle', '{ vms { ...A } } fragment A on Vm { ...B } fragment B on Vm { ...A }'],
  [
    'fragments that double',
    `{ vms { ...F0 } } ${many(30, (n) => `fragment F${n} on Vm { ...F${n + 1} ...F${n + 1} }`)} fragment F30 on Vm { id }`,
  ],
  [
    'hundreds of fragments',
    `{ vms { ${many(100, (n) => `...F${n}`)} } } ${many(100, (n) => `fragment F${n} on Vm { id }`)}`,
  ],
  ['directives', `{ vms { id ${'@skip(if: false) '.repeat(100)} } }`],
  ['a costly operation beside the named one', `query A { vms { id } } query B { ${'vms { id } '.repeat(300)} }`],
  ['introspection in circles', `{ __schema { types { ${'fields { type { '.repeat(6)} name ${'} } '.repeat(6)} } } }`],
];

const transports: [string, (url: string, query: string) => Promise<Answer>][] = [
  ['HTTP', (url, query) => ask(url, query)],
  ['server-sent events', (url, query) => next(listen(url, query))],
  ['WebSocket', (url, query) => next(follow(url, query)).catch((errors) => ({ errors }))],
];

describe.each(transports)('over %s', (_, send) => {
  const limitBytes = 16 * 1024 * 1024;
  let server: TestServer;
  let heldSinceStart: () => number;
  beforeAll(async () => {
    server = await openTestServer();
    heldSinceStart = watchHeldBytes(limitBytes);
  });
  afterAll(() => server.close());

  it.each(attacks)('%s is refused with a code, and others are served meanwhile', async (_name, query) => {
    const [attacked, other] = await Promise.all([send(server.url, query), ask(server.url, '{ vms { id } }')]);
    expect(['LIMIT_EXCEEDED', 'BAD_INPUT'], JSON.stringify(attacked)).toContain(codeOf(attacked));
    expect(attacked.data ?? undefined).toBeUndefined();
    expect(other.data.vms).toHaveLength(3);
    expect(heldSinceStart()).toBeLessThan(limitBytes);
    expect(server.log.lines).toEqual([]);
  });
});

describe('the limits', () => {
  it('let the standard introspection query pass', async () => {
    const server = await startTestServer();
    expect((await ask(server.url, getIntrospectionQuery())).errors).toBeUndefined();
  });

  it('count a page by the length that was asked for, also where a variable says it', async () => {
    const server = await startTestServer();
    const fields = 'id dom vmid sha256 dumpPath ctime mtime atime time state method';
    const query = `query($n: Int) { ${many(20, (n) => `a${n}: dumpRecords(first: $n) { nodes { ${fields} } }`)} }`;
    expect((await ask(server.url, query, { n: 5 })).errors).toBeUndefined();
    expect(codeOf(await ask(server.url, query, { n: 1000 }))).toBe('LIMIT_EXCEEDED');
  });
});

import { describe, expect, it } from 'vitest';
import { verifyType } from '../../src/dumps/operation-types.ts';
import { ask, codeOf, follow, next } from '../fakes/graphql-client.ts';
import { machineId } from '../fakes/machines.ts';
import type { TestServer } from '../fakes/open-server.ts';
import { startTestServer } from '../fakes/server.ts';

const artifact = {
  method: 'SNAPSHOT' as const,
  methodReason: 'a test',
  vmid: '1',
  guestPauseMs: null,
  capturedAtMs: 0,
  folder: 'f',
  file: 'f.elf.zst',
  dumpPath: '/f/f.elf.zst',
  sizeBytes: 1,
  rawSizeBytes: 1,
  sha256: '',
  imageSha256: null,
};

const dumpOf = async ({ url }: TestServer, input: string) => {
  const { data } = await ask(url, `mutation { triggerDumps(input: { ${input} }) { accepted { id vmName } } }`);
  return data.triggerDumps.accepted as { id: string; vmName: string }[];
};

describe('node', () => {
  it('finds machines and operations by their UUIDs, each as what it is', async () => {
    const server = await startTestServer();
    const [dump] = await dumpOf(server, 'machines: { names: ["vm-1"] }');
    const wish = verifyType.submission({
      subjects: ['artifact:x'],
      request: { dumpId: dump?.id ?? '', result: artifact, compression: 'ZSTD' },
      message: 'waits',
    });
    const [check] = await server.operations.submit([wish], { actor: 'test' });
    const verifyId = check?.type === 'ACCEPTED' ? check.operation.id : '';
    const ids = [machineId(2), dump?.id, verifyId, '00000000-0000-4000-8000-0000000000ff', 'rubbish'];
    const query = `query($ids: [ID!]!) { nodes(ids: $ids) {
      __typename id ... on Vm { name } ... on Operation { kind dump { id vmName } }
    } }`;
    const about = { id: dump?.id, vmName: 'vm-1' };
    expect((await ask(server.url, query, { ids })).data.nodes).toEqual([
      { __typename: 'Vm', id: machineId(2), name: 'vm-2' },
      { __typename: 'Dump', id: dump?.id, kind: 'DUMP', dump: about },
      { __typename: 'Verification', id: verifyId, kind: 'VERIFY', dump: about },
      null,
      null,
    ]);
    const one = await ask(server.url, 'query($id: ID!) { node(id: $id) { __typename } }', { id: dump?.id });
    expect(one.data.node).toEqual({ __typename: 'Dump' });
    const many = { ids: Array.from({ length: 1001 }, (_, index) => String(index)) };
    expect(codeOf(await ask(server.url, 'query($ids: [ID!]!) { nodes(ids: $ids) { id } }', many))).toBe('BAD_INPUT');
  });

  it('costs what lies behind a fragment: no way around the limits', async () => {
    const { url } = await startTestServer();
    const query = 'query($ids: [ID!]!) { nodes(ids: $ids) { ... on Vm { captureOptions { automatic } } } }';
    const ids = Array.from({ length: 1000 }, (_, index) => machineId(index));
    expect(codeOf(await ask(url, query, { ids }))).toBe('LIMIT_EXCEEDED');
  });
});

describe('machines', () => {
  it('are named, or all are meant; the older way does the same', async () => {
    const server = await startTestServer();
    expect((await dumpOf(server, 'machines: { names: ["vm-2"] }')).map(({ vmName }) => vmName)).toEqual(['vm-2']);
    expect((await dumpOf(server, 'machines: { all: true }')).map(({ vmName }) => vmName)).toEqual(['vm-1']);
    expect(await dumpOf(server, 'vms: ["vm-3"]')).toEqual([]);
  });

  it('can be followed by the same kind of choice', async () => {
    const server = await startTestServer();
    const [dump] = await dumpOf(server, 'machines: { names: ["vm-1"] }');
    const document = 'subscription($of: DumpSelection) { dumpProgress(of: $of) { id } }';
    const seen = { id: dump?.id };
    for (const of of [{ ids: [dump?.id] }, { machines: ['vm-1'] }])
      expect((await next(follow(server.url, document, { of }))).data.dumpProgress).toEqual(seen);
  });
});

describe('the end of a list', () => {
  it('is `last` without `before`', async () => {
    const server = await startTestServer();
    for (const name of ['vm-1', 'vm-2']) {
      await dumpOf(server, `machines: { names: ["${name}"] }`);
    }
    const { data } = await ask(
      server.url,
      `{ dumps(last: 1) { nodes { vmName } pageInfo { hasNextPage hasPreviousPage } }
         events(last: 1) { nodes { seq } totalCount pageInfo { hasNextPage hasPreviousPage startCursor } } }`,
    );
    expect(data.dumps).toEqual({
      nodes: [{ vmName: 'vm-1' }],
      pageInfo: { hasNextPage: false, hasPreviousPage: true },
    });
    const { totalCount } = data.events;
    expect(data.events).toMatchObject({
      nodes: [{ seq: totalCount }],
      pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: String(totalCount) },
    });
    const before = await ask(
      server.url,
      'query($c: String) { events(last: 1, before: $c) { nodes { seq } pageInfo { hasNextPage } } }',
      { c: String(totalCount) },
    );
    expect(before.data.events).toEqual({ nodes: [{ seq: totalCount - 1 }], pageInfo: { hasNextPage: true } });
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeCursor } from '../../src/domain/cursor.ts';
import { ask, codeOf, follow, hintOf, next } from '../fakes/graphql-client.ts';
import { openTestServer, type TestServer } from '../fakes/open-server.ts';

const trigger =
  'mutation($input: TriggerDumpsInput!) { triggerDumps(input: $input) { accepted { id } errors { code hint } } }';
const noId = '00000000-0000-7000-8000-000000000000';
const names = (count: number) => Array.from({ length: count }, (_, index) => `vm-${index}`);

/** What someone sends, and the code of the answer. */
const requests: [string, string, Record<string, unknown>, string][] = [
  ['an empty list of machines', trigger, { input: { vms: [] } }, 'BAD_INPUT'],
  ['10,000 machines', trigger, { input: { vms: names(10_000) } }, 'BAD_INPUT'],
  ['names and all at once', trigger, { input: { vms: ['vm-1'], all: true } }, 'BAD_INPUT'],
  ['neither names nor all', trigger, { input: {} }, 'BAD_INPUT'],
  ['an empty name', trigger, { input: { vms: [''] } }, 'BAD_INPUT'],
  ['an unknown method', trigger, { input: { vms: ['vm-1'], method: 'MAGIC' } }, 'BAD_INPUT'],
  ['a number for a list of names', trigger, { input: { vms: 5 } }, 'BAD_INPUT'],
  ['null for a list of names', trigger, { input: { vms: null, all: null } }, 'BAD_INPUT'],
  ['an argument that there is not', trigger, { input: { vms: ['vm-1'], force: true } }, 'BAD_INPUT'],
  ['an empty idempotency key', trigger, { input: { vms: ['vm-1'], idempotencyKey: '' } }, 'BAD_INPUT'],
  ['a missing variable', trigger, {}, 'BAD_INPUT'],
  ['no rows', '{ dumpRecords(first: 0) { nodes { id } } }', {}, 'BAD_INPUT'],
  ['fewer than no rows', '{ dumps(first: -1) { nodes { id } } }', {}, 'BAD_INPUT'],
  ['too many rows', '{ dumpRecords(first: 1001) { nodes { id } } }', {}, 'BAD_INPUT'],
  ['more rows than an Int', '{ dumpRecords(first: 99999999999) { nodes { id } } }', {}, 'BAD_INPUT'],
  ['half a row', '{ operations(first: 1.5) { nodes { id } } }', {}, 'BAD_INPUT'],
  ['last with after', 'query($c: String) { operations(last: 3, after: $c) { nodes { id } } }', { c: 'x' }, 'BAD_INPUT'],
  ['before without last', 'query($c: String) { operations(before: $c) { nodes { id } } }', { c: 'x' }, 'BAD_INPUT'],
  ['machines in the new way and the old', trigger, { input: { machines: { all: true }, all: true } }, 'BAD_INPUT'],
  ['two kinds of machines', trigger, { input: { machines: { all: true, names: ['vm-1'] } } }, 'BAD_INPUT'],
  ['not all machines', trigger, { input: { machines: { all: false } } }, 'BAD_INPUT'],
  ['after and before', '{ dumps(after: "a", last: 1, before: "b") { nodes { id } } }', {}, 'BAD_INPUT'],
  ['a malformed cursor', '{ dumps(after: "rubbish") { nodes { id } } }', {}, 'BAD_CURSOR'],
  [
    'a cursor of another list',
    'query($c: String) { dumps(after: $c) { nodes { id } } }',
    { c: encodeCursor('operations', [noId]) },
    'BAD_CURSOR',
  ],
  [
    'a cursor of another shape',
    'query($c: String) { dumps(after: $c) { nodes { id } } }',
    { c: encodeCursor('dumps', [5]) },
    'BAD_CURSOR',
  ],
  ['a negative offset', '{ dumpRecords(offset: -1) { nodes { id } } }', {}, 'BAD_INPUT'],
  [
    'a search without end',
    'query($s: String) { dumpRecords(filter: { search: $s }) { nodes { id } } }',
    { s: 'x'.repeat(201) },
    'BAD_INPUT',
  ],
  ['a time without a zone', '{ dumpStats(filter: { from: "2025-11-14T00:00:00" }) { totalDumps } }', {}, 'BAD_INPUT'],
  ['a time that is none', '{ dumpStats(filter: { from: "2025-99-14" }) { totalDumps } }', {}, 'BAD_INPUT'],
  ['an unknown dump to cancel', `mutation { cancelDump(id: "${noId}") { errors { code hint } } }`, {}, 'NOT_FOUND'],
  ['an unknown dump to delete', `mutation { deleteDump(id: "${noId}") { errors { code hint } } }`, {}, 'NOT_FOUND'],
  ['an unknown dump to verify', `mutation { verifyDump(id: "${noId}") { errors { code hint } } }`, {}, 'NOT_FOUND'],
  ['an id that is no id', `mutation { cancelDump(id: "' OR 1=1 --") { errors { code hint } } }`, {}, 'NOT_FOUND'],
  ['an unknown machine to forecast', '{ captureOptions(vm: "nobody") { automatic } }', {}, 'NOT_FOUND'],
  [
    'events after a place that is not there',
    'query($c: String!) { events(after: $c) { nodes { seq } } }',
    { c: '99' },
    'BAD_CURSOR',
  ],
  [
    'events after a negative place',
    'query($c: String!) { events(after: $c) { nodes { seq } } }',
    { c: '-1' },
    'BAD_CURSOR',
  ],
  ['no events', 'query($c: String!) { events(after: $c, first: 0) { nodes { seq } } }', { c: '0' }, 'BAD_INPUT'],
  ['a field that there is not', '{ secrets }', {}, 'BAD_INPUT'],
  ['rubbish', '}{', {}, 'BAD_INPUT'],
  ['nothing', '', {}, 'BAD_INPUT'],
];

const subscriptions: [string, string, Record<string, unknown>, string][] = [
  [
    'progress of an unknown dump',
    'subscription($ids: [ID!]) { dumpProgress(ids: $ids) { id } }',
    { ids: [noId] },
    'NOT_FOUND',
  ],
  [
    'progress of an unknown machine',
    'subscription($vms: [String!]) { dumpProgress(vms: $vms) { id } }',
    { vms: ['nobody'] },
    'NOT_FOUND',
  ],
  ['progress of no machine', 'subscription { dumpProgress(vms: []) { id } }', {}, 'BAD_INPUT'],
  [
    'progress of 10,000 machines',
    'subscription($vms: [String!]) { dumpProgress(vms: $vms) { id } }',
    { vms: names(10_000) },
    'BAD_INPUT',
  ],
  ['progress of machines and ids', 'subscription { dumpProgress(vms: ["vm-1"], ids: ["x"]) { id } }', {}, 'BAD_INPUT'],
  [
    'progress of an unknown operation',
    'subscription($ids: [ID!]) { operationProgress(ids: $ids) { id } }',
    { ids: [noId] },
    'NOT_FOUND',
  ],
  ['events after rubbish', 'subscription { operationEvents(after: "rubbish") { seq } }', {}, 'BAD_CURSOR'],
  [
    'events of a journal that is not this one',
    'subscription($c: String) { operationEvents(after: $c) { seq } }',
    { c: '99' },
    'BAD_CURSOR',
  ],
];

/** Everything that a wish could have changed. */
const traces = async ({ operations }: TestServer) => [await operations.bounds(), await operations.tally()];

describe('bad input', () => {
  // One server for all of it: that nothing changes is what is tested.
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer();
  });
  afterAll(() => server.close());

  it.each(requests)('%s', async (_, query, variables, code) => {
    const before = await traces(server);
    const answer = await ask(server.url, query, variables);
    expect(codeOf(answer), JSON.stringify(answer)).toBe(code);
    expect(hintOf(answer)).toEqual(expect.any(String));
    expect(await traces(server)).toEqual(before);
    expect(server.log.lines).toEqual([]);
  });

  it.each(subscriptions)('%s, over WebSocket', async (_, query, variables, code) => {
    const answer = await next(follow(server.url, query, variables)).catch((errors: unknown) => ({ errors }));
    expect(answer).toMatchObject({ errors: [{ extensions: { code, hint: expect.any(String) } }] });
    expect(server.log.lines).toEqual([]);
  });
});

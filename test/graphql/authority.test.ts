import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Role, roles } from '../../src/access/role.ts';
import { schema } from '../../src/graphql/schema.ts';
import { anyDocument } from '../fakes/any-document.ts';
import { ask, codeOf, follow, next, socketClient } from '../fakes/graphql-client.ts';
import { openTestServer, type TestServer } from '../fakes/open-server.ts';
import { startTestServer } from '../fakes/server.ts';

/** Who may call what: everything that is not named needs what its root type needs. */
const needs: Record<string, Role> = {
  'Query.tokens': 'ADMIN',
  'Query.auditLog': 'ADMIN',
  'Query.deadLetters': 'OPERATOR',
  'Query.heapTargets': 'OPERATOR',
  'Query.heapOptions': 'OPERATOR',
  'Query.heapSummary': 'OPERATOR',
  'Query.heapDiff': 'OPERATOR',
  'Query.heapObjects': 'OPERATOR',
  'Query.heapRetainers': 'OPERATOR',
  'Query.heapPath': 'OPERATOR',
  'Mutation.deleteHeapCapture': 'ADMIN',
  'Mutation.createHeapDownload': 'ADMIN',
  'Mutation.deleteDump': 'ADMIN',
  'Mutation.deleteVolume': 'ADMIN',
  'Mutation.exportVolume': 'ADMIN',
  'Mutation.formatVolume': 'ADMIN',
  'Mutation.importVolumes': 'ADMIN',
  'Mutation.unexportVolume': 'ADMIN',
  'Mutation.reindex': 'ADMIN',
  'Mutation.removeUnwantedArtifacts': 'ADMIN',
  'Mutation.createDownload': 'ADMIN',
  'Query.hooks': 'ADMIN',
  'Query.deliveries': 'ADMIN',
  'Query.hostFindings': 'ADMIN',
  'Mutation.createHook': 'ADMIN',
  'Mutation.updateHook': 'ADMIN',
  'Mutation.setHookEnabled': 'ADMIN',
  'Mutation.deleteHook': 'ADMIN',
  'Mutation.rotateHookSecret': 'ADMIN',
  'Mutation.testHook': 'ADMIN',
  'Mutation.resendDelivery': 'ADMIN',
  'Mutation.saveRetentionPolicy': 'ADMIN',
  'Mutation.deleteRetentionPolicy': 'ADMIN',
  'Mutation.runRetention': 'ADMIN',
  'Mutation.releaseArtifact': 'ADMIN',
  'Mutation.createToken': 'ADMIN',
  'Mutation.revokeToken': 'ADMIN',
};
const byRoot: Record<string, Role> = { Query: 'VIEWER', Mutation: 'OPERATOR', Subscription: 'VIEWER' };

describe('authority', () => {
  let server: TestServer;
  const secrets = {} as Record<Role, string>;

  beforeAll(async () => {
    server = await openTestServer();
    for (const role of ['ADMIN', 'OPERATOR', 'VIEWER'] as const) {
      const request = { name: role.toLowerCase(), role, expiresAtMs: null };
      secrets[role] = (await server.access.createToken(request, 'test')).secret;
    }
  });
  afterAll(() => server.close());
  const bearer = (role: Role) => ({ authorization: `Bearer ${secrets[role]}` });

  const fields = ['Query', 'Mutation'].flatMap((root) =>
    Object.values((schema.getType(root) as import('graphql').GraphQLObjectType).getFields()).map((field) => ({
      name: `${root}.${field.name}`,
      role: needs[`${root}.${field.name}`] ?? (byRoot[root] as Role),
      query: anyDocument(root, field),
    })),
  );

  it.each(fields)('$name needs $role', async ({ query, role }) => {
    for (const [asked, { rank }] of Object.entries(roles)) {
      const answer = await ask(server.url, query, {}, bearer(asked as Role));
      const refused = codeOf(answer) === 'FORBIDDEN';
      expect(refused, `${asked}: ${JSON.stringify(answer)}`).toBe(rank < roles[role].rank);
    }
    const nobody = await ask(server.url, query);
    expect([codeOf(nobody), nobody.data]).toEqual(['UNAUTHENTICATED', undefined]);
  });

  it('is asked for a WebSocket too, in connectionParams or in a header', async () => {
    const query = 'subscription { serviceChanges { version } }';
    const refused = follow(server.url, query);
    await expect(refused.next()).rejects.toMatchObject({ code: 4401 });
    for (const params of [{ token: secrets.VIEWER }, { authorization: `Bearer ${secrets.VIEWER}` }]) {
      const stream = socketClient(server.url, params).iterate({ query });
      expect((await stream.next()).value).toMatchObject({ data: { serviceChanges: { version: '0.0.0-test' } } });
    }
    const mutation = 'mutation { triggerDumps(input: { all: true }) { accepted { id } } }';
    const answer = socketClient(server.url, { token: secrets.VIEWER }).iterate({ query: mutation });
    expect((await answer.next()).value).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
  });

  it('shows who is asking', async () => {
    const query = '{ session { name role tokenRequired } }';
    expect((await ask(server.url, query, {}, bearer('VIEWER'))).data.session).toEqual({
      name: 'viewer',
      role: 'VIEWER',
      tokenRequired: true,
    });
  });
});

describe('a viewer', () => {
  it('is told the role that a deed needs, not one that would not do', async () => {
    const { url, access } = await startTestServer();
    await access.createToken({ name: 'root', role: 'ADMIN', expiresAtMs: null }, 'test');
    const { secret } = await access.createToken({ name: 'eve', role: 'VIEWER', expiresAtMs: null }, 'test');
    const mutation = 'mutation { createToken(input: { name: "x", role: VIEWER }) { secret } }';
    const { errors } = await ask(url, mutation, {}, { authorization: `Bearer ${secret}` });
    expect(errors).toMatchObject([{ message: 'this needs the role ADMIN; eve has VIEWER' }]);
  });
});

describe('a token', () => {
  it('is made, used, listed without its secret, and ends at once, with what it had open', async () => {
    const server = await startTestServer({ limits: { heartbeatMs: 100 } });
    const create =
      'mutation($input: CreateTokenInput!) { createToken(input: $input) { secret token { id name role } } }';
    const made = await ask(server.url, create, { input: { name: 'root', role: 'ADMIN' } });
    const { secret, token } = made.data.createToken;
    const headers = { authorization: `Bearer ${secret}` };
    const other = await ask(server.url, create, { input: { name: 'monitor', role: 'VIEWER' } }, headers);
    const monitor = other.data.createToken;

    const socket = socketClient(server.url, { token: monitor.secret });
    const closed = new Promise<unknown>((resolve) => void socket.on('closed', resolve));
    const stream = socket.iterate({ query: 'subscription { serviceChanges { version } }' });
    await stream.next();
    const events = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${monitor.secret}`,
      },
      body: JSON.stringify({ query: 'subscription { vmChanges { id } }' }),
    });

    const { data } = await ask(server.url, '{ tokens { name role createdBy lastUsedAt revokedAt } }', {}, headers);
    expect(data.tokens).toMatchObject([
      { name: 'root', role: 'ADMIN', createdBy: 'local', revokedAt: null },
      { name: 'monitor', role: 'VIEWER', createdBy: 'root', lastUsedAt: expect.any(String) },
    ]);
    expect(JSON.stringify(data)).not.toContain('memoir_');

    await ask(
      server.url,
      'mutation($id: ID!) { revokeToken(id: $id) { token { id } } }',
      { id: monitor.token.id },
      headers,
    );
    expect(codeOf(await ask(server.url, '{ vms { id } }', {}, { authorization: `Bearer ${monitor.secret}` }))).toBe(
      'UNAUTHENTICATED',
    );
    expect(await closed).toMatchObject({ code: 4401 });
    expect(await events.text()).toContain('UNAUTHENTICATED');
    await expect.poll(() => server.hypervisor.listeners.size).toBe(0);
    expect(token.role).toBe('ADMIN');
  });
});

describe('the audit', () => {
  it('has every mutation with its actor, and nothing that was not allowed', async () => {
    const server = await startTestServer();
    const { secret } = await server.access.createToken({ name: 'root', role: 'ADMIN', expiresAtMs: null }, 'test');
    const viewer = await server.access.createToken({ name: 'eve', role: 'VIEWER', expiresAtMs: null }, 'test');
    const headers = { authorization: `Bearer ${secret}` };
    const trigger = 'mutation { triggerDumps(input: { vms: ["vm-1", "nobody"] }) { accepted { id } } }';
    await ask(server.url, trigger, {}, { authorization: `Bearer ${viewer.secret}` });
    await ask(server.url, trigger, {}, headers);
    await ask(server.url, 'mutation { cancelDump(id: "nothing") { errors { code } } }', {}, headers);
    const { data } = await ask(
      server.url,
      '{ auditLog(first: 1) { totalCount nodes { actor action details } pageInfo { endCursor } } }',
      {},
      headers,
    );
    expect(data.auditLog).toMatchObject({
      totalCount: 2,
      nodes: [{ actor: 'root', action: 'cancelDump', details: '{"id":"nothing"}' }],
    });
    const query =
      'query($after: String) { auditLog(after: $after) { nodes { action details } pageInfo { hasNextPage } } }';
    const rest = await ask(server.url, query, { after: data.auditLog.pageInfo.endCursor }, headers);
    expect(rest.data.auditLog.nodes.map(({ action }: { action: string }) => action)).toEqual(['triggerDumps']);
    expect(rest.data.auditLog.nodes[0].details).toContain('nobody');
  });

  it('that cannot be written stops the deed', async () => {
    const server = await startTestServer({
      wrap: (services) => ({
        ...services,
        access: { ...services.access, required: false, audit: () => Promise.reject(new Error('disk full')) },
      }),
    });
    const answer = await ask(server.url, 'mutation { triggerDumps(input: { all: true }) { accepted { id } } }');
    expect(codeOf(answer)).toBe('INTERNAL');
    expect(await server.operations.tally()).toEqual([]);
    expect(await next(follow(server.url, 'subscription { serviceChanges { version } }'))).toHaveProperty('data');
  });
});

import { expect, it } from 'vitest';
import { sampleRecord } from '../contracts/sample-records.ts';
import { ask } from '../fakes/graphql-client.ts';
import { startTestServer } from '../fakes/server.ts';

const save = `mutation($id: ID, $input: RetentionPolicyInput!) {
  saveRetentionPolicy(id: $id, input: $input) { policy { id name scope { all machines } artifacts keepLast keepDaily } errors { code message } }
}`;
const preview = `query($policies: [RetentionPolicyInput!]) {
  retentionPreview(policies: $policies) { going { id reasons } goingCount goingBytes stayingCount staying { id reasons } fingerprint warning }
}`;
const few = { name: 'few', scope: { all: true }, keepLast: 2 };

async function withRecords(count: number) {
  const server = await startTestServer();
  for (let number = 0; number < count; number++) {
    const timeUs = 1_760_000_000_000_000 + number * 3_600_000_000;
    await server.records.append(
      sampleRecord(number, { machineId: 'm', dom: 'db', state: 'AVAILABLE', timeUs, sizeBytes: 10 }),
    );
  }
  return server;
}

it('a draft’s preview names what would go and why, and changes nothing', async () => {
  const { url } = await withRecords(5);
  const now = (await ask(url, preview)).data.retentionPreview;
  expect(now).toMatchObject({ goingCount: 0, stayingCount: 5, warning: null });
  expect(now.staying[0].reasons).toContain('NO_POLICY');
  const draft = (await ask(url, preview, { policies: [few] })).data.retentionPreview;
  expect(draft).toMatchObject({ goingCount: 3, goingBytes: 30, stayingCount: 2 });
  expect(draft.going[0].reasons).toEqual(['RULES']);
  expect(draft.staying[0].reasons).toEqual(['LAST_GOOD', 'KEEP_LAST']);
  expect((await ask(url, '{ retentionPolicies { name } }')).data.retentionPolicies).toEqual([]);
});

it('a policy is created, replaced and deleted', async () => {
  const { url } = await startTestServer();
  const { policy } = (await ask(url, save, { input: few })).data.saveRetentionPolicy;
  expect(policy).toMatchObject({ name: 'few', scope: { all: true }, artifacts: ['DUMP', 'HEAP'], keepLast: 2 });
  const changed = { ...few, scope: { machines: ['db'] }, keepLast: null, keepDaily: 7, artifacts: ['DUMP'] };
  const after = (await ask(url, save, { id: policy.id, input: changed })).data.saveRetentionPolicy;
  expect(after.policy).toMatchObject({ id: policy.id, keepLast: null, keepDaily: 7, artifacts: ['DUMP'] });
  expect((await ask(url, save, { input: changed })).data.saveRetentionPolicy.errors[0].code).toBe('NAME_TAKEN');
  const remove = 'mutation($id: ID!) { deleteRetentionPolicy(id: $id) { policy { name } errors { code } } }';
  expect((await ask(url, remove, { id: policy.id })).data.deleteRetentionPolicy.policy.name).toBe('few');
  expect((await ask(url, remove, { id: policy.id })).data.deleteRetentionPolicy.errors[0].code).toBe('NOT_FOUND');
});

it.each([
  [{ ...few, keepLast: 0 }, 'keepLast'],
  [{ ...few, name: '' }, 'name'],
  [{ ...few, timeZone: 'Mars/X' }, 'time zone'],
  [{ ...few, artifacts: [] }, 'artifacts'],
  [{ ...few, scope: { all: false } }, 'only be true'],
])('%j is refused', async (input, part) => {
  const { url } = await startTestServer();
  const { errors } = (await ask(url, save, { input })).data.saveRetentionPolicy;
  expect(errors).toEqual([{ code: 'BAD_INPUT', message: expect.stringContaining(part) }]);
});

it('a run that is given another preview’s fingerprint removes nothing', async () => {
  const { url } = await withRecords(5);
  await ask(url, save, { input: few });
  const run = 'mutation { runRetention(fingerprint: "other") { run { removed } errors { code } } }';
  expect((await ask(url, run)).data.runRetention).toEqual({ run: null, errors: [{ code: 'RETENTION_CHANGED' }] });
});

it('what is held says so, stays, and cannot be deleted by hand until it is released', async () => {
  const { url, dumping, records } = await startTestServer();
  const trigger = 'mutation { triggerDumps(input: { machines: { names: ["vm-1"] } }) { accepted { id } } }';
  const [{ id }] = (await ask(url, trigger)).data.triggerDumps.accepted;
  (await dumping.next()).finish();
  await records.append(sampleRecord(1, { id, state: 'AVAILABLE' }));
  const hold =
    'mutation($id: ID!, $reason: String!) { holdArtifact(id: $id, reason: $reason) { hold { actor } errors { code } } }';
  expect((await ask(url, hold, { id, reason: ' ' })).data.holdArtifact.errors).toEqual([{ code: 'BAD_INPUT' }]);
  expect((await ask(url, hold, { id: 'nothing', reason: 'x' })).data.holdArtifact.errors).toEqual([
    { code: 'NOT_FOUND' },
  ]);
  expect((await ask(url, hold, { id, reason: 'case 7' })).data.holdArtifact).toEqual({
    hold: { actor: 'local' },
    errors: [],
  });
  const { data } = await ask(url, '{ dumpRecords(first: 1) { nodes { hold { reason } } } holds { id reason } }');
  expect(data).toEqual({ dumpRecords: { nodes: [{ hold: { reason: 'case 7' } }] }, holds: [{ id, reason: 'case 7' }] });
  const remove = 'mutation($id: ID!) { deleteDump(id: $id) { errors { code message } } }';
  expect((await ask(url, remove, { id })).data.deleteDump.errors).toMatchObject([
    { code: 'HELD', message: expect.stringContaining('case 7') },
  ]);
  const [kept] = await records.get([id]);
  expect(kept?.state).toBe('AVAILABLE');
  const release = 'mutation($id: ID!) { releaseArtifact(id: $id) { hold { reason } errors { code } } }';
  expect((await ask(url, release, { id })).data.releaseArtifact.errors).toEqual([]);
  expect((await ask(url, release, { id })).data.releaseArtifact.errors).toEqual([{ code: 'NOT_FOUND' }]);
});

import { describe, expect, it } from 'vitest';
import { sampleRecord } from '../contracts/sample-records.ts';
import { ask, codeOf } from '../fakes/graphql-client.ts';
import { machine, machineId } from '../fakes/machines.ts';
import { startTestServer } from '../fakes/server.ts';

const trigger = `mutation($input: TriggerDumpsInput!) {
  triggerDumps(input: $input) {
    accepted { id vmName state actor methodChoice format compression }
    rejected { vm code message hint activeDump { id } }
    errors { code }
  }
}`;

describe('triggerDumps', () => {
  it('answers each machine of the batch by itself', async () => {
    const { url } = await startTestServer();
    const { data } = await ask(url, trigger, { input: { vms: ['vm-1', 'nobody', 'vm-3', 'vm-1'] } });
    const { accepted, rejected } = data.triggerDumps;
    expect(accepted).toMatchObject([
      { vmName: 'vm-1', state: 'QUEUED', actor: 'local', methodChoice: 'AUTO', format: 'ELF', compression: 'ZSTD' },
    ]);
    expect(rejected.map(({ vm, code }: { vm: string; code: string }) => [vm, code])).toEqual([
      ['nobody', 'NOT_FOUND'],
      ['vm-3', 'NOT_RUNNING'],
    ]);
    expect(rejected[0].hint).toMatch(/name/);
  });

  it('accepts one of 50 wishes for the same machine at the same time', async () => {
    const { url } = await startTestServer();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => ask(url, trigger, { input: { vms: ['vm-1'] } })),
    );
    const accepted = answers.flatMap(({ data }) => data.triggerDumps.accepted);
    const rejected = answers.flatMap(({ data }) => data.triggerDumps.rejected);
    expect(accepted).toHaveLength(1);
    expect(rejected).toHaveLength(49);
    for (const { code, activeDump } of rejected) {
      expect([code, activeDump.id]).toEqual(['ALREADY_ACTIVE', accepted[0].id]);
    }
  });

  it('answers the same dumps for the same idempotency key, and refuses the key for another wish', async () => {
    const { url } = await startTestServer();
    const first = await ask(url, trigger, { input: { vms: ['vm-1'], idempotencyKey: 'k' } });
    const again = await ask(url, trigger, { input: { vms: ['vm-1'], idempotencyKey: 'k' } });
    expect(again.data.triggerDumps.accepted[0].id).toBe(first.data.triggerDumps.accepted[0].id);
    expect(codeOf(await ask(url, trigger, { input: { vms: ['vm-2'], idempotencyKey: 'k' } }))).toBe(
      'IDEMPOTENCY_CONFLICT',
    );
  });

  it('takes all running machines', async () => {
    const { url } = await startTestServer();
    const { data } = await ask(url, trigger, { input: { all: true } });
    expect(data.triggerDumps.accepted.map(({ vmName }: { vmName: string }) => vmName)).toEqual(['vm-1', 'vm-2']);
  });
});

describe('a dump', () => {
  it('is cancelled, and is ALREADY_FINISHED from then on', async () => {
    const { url, dumping, operations } = await startTestServer();
    const { data } = await ask(url, trigger, { input: { vms: ['vm-1'] } });
    const { id } = data.triggerDumps.accepted[0];
    await dumping.next();
    const cancel = 'mutation($id: ID!) { cancelDump(id: $id) { dump { id cancelRequested } errors { code } } }';
    expect((await ask(url, cancel, { id })).data.cancelDump).toEqual({
      dump: { id, cancelRequested: true },
      errors: [],
    });
    await operations.settled(id);
    expect(codeOf(await ask(url, cancel, { id }))).toBe('ALREADY_FINISHED');
    const dump = await ask(url, 'query($id: ID!) { dump(id: $id) { state error { code hint } finishedAt } }', { id });
    expect(dump.data.dump).toMatchObject({ state: 'CANCELLED', error: { code: 'CANCELLED' } });
  });

  it('that failed says why and what to do', async () => {
    const { url, dumping, operations } = await startTestServer();
    const { data } = await ask(url, trigger, { input: { vms: ['vm-1'] } });
    const { id } = data.triggerDumps.accepted[0];
    (await dumping.next()).fail(new Error('the cable'));
    await operations.settled(id);
    const dump = await ask(url, 'query($id: ID!) { dump(id: $id) { state error { code message hint } } }', { id });
    expect(dump.data.dump).toMatchObject({ state: 'FAILED', error: { code: 'INTERNAL', hint: expect.any(String) } });
  });

  it('tells what happened to it, and which machine records show; it was never verified', async () => {
    const { url, dumping, operations, records } = await startTestServer();
    const { data } = await ask(url, trigger, { input: { vms: ['vm-1'] } });
    const { id } = data.triggerDumps.accepted[0];
    const run = await dumping.next();
    run.fail(new Error('pulled the plug'));
    await operations.settled(id);
    await records.append(sampleRecord(1, { machineId: 'gone-since', dom: 'web-before' }));
    await records.append(sampleRecord(2, { machineId: 'gone-since', dom: 'old-web' }));
    const query = `query($id: ID!) {
      dump(id: $id) { verification { state } events { type } }
      recordMachines { machineId name }
    }`;
    expect((await ask(url, query, { id })).data).toEqual({
      dump: { verification: null, events: [{ type: 'QUEUED' }, { type: 'STARTED' }, { type: 'FAILED' }] },
      recordMachines: [{ machineId: 'gone-since', name: 'old-web' }],
    });
  });

  it('that has no artifact can neither be verified nor deleted', async () => {
    const { url } = await startTestServer();
    const { data } = await ask(url, trigger, { input: { vms: ['vm-1'] } });
    const { id } = data.triggerDumps.accepted[0];
    expect(codeOf(await ask(url, 'mutation($id: ID!) { verifyDump(id: $id) { errors { code } } }', { id }))).toBe(
      'ARTIFACT_MISSING',
    );
    expect(codeOf(await ask(url, 'mutation($id: ID!) { deleteDump(id: $id) { errors { code } } }', { id }))).toBe(
      'ARTIFACT_MISSING',
    );
  });
});

describe('the list of dumps', () => {
  const page = `query($first: Int, $after: String, $last: Int, $before: String, $vm: String, $states: [OperationState!]) {
    dumps(first: $first, after: $after, last: $last, before: $before, vm: $vm, states: $states) {
      totalCount nodes { vmName } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }`;
  const names = (answer: { data?: { dumps: { nodes: { vmName: string }[] } } }) =>
    answer.data?.dumps.nodes.map(({ vmName }) => vmName);

  it('is paged forwards and backwards, and stays in place while dumps are added', async () => {
    const machines = Array.from({ length: 6 }, (_, index) => machine(index + 1));
    const { url } = await startTestServer({ machines });
    for (const vm of ['vm-1', 'vm-2', 'vm-3', 'vm-4', 'vm-5']) await ask(url, trigger, { input: { vms: [vm] } });
    const first = await ask(url, page, { first: 2 });
    expect(names(first)).toEqual(['vm-5', 'vm-4']);
    await ask(url, trigger, { input: { vms: ['vm-6'] } });
    const second = await ask(url, page, { first: 2, after: first.data.dumps.pageInfo.endCursor });
    expect(names(second)).toEqual(['vm-3', 'vm-2']);
    expect(second.data.dumps).toMatchObject({
      totalCount: 6,
      pageInfo: { hasNextPage: true, hasPreviousPage: true },
    });
    const back = await ask(url, page, { last: 2, before: second.data.dumps.pageInfo.startCursor });
    expect(names(back)).toEqual(['vm-5', 'vm-4']);
  });

  it('is filtered by machine, by name or id, and by state', async () => {
    const { url } = await startTestServer();
    await ask(url, trigger, { input: { all: true } });
    expect(names(await ask(url, page, { vm: 'vm-2' }))).toEqual(['vm-2']);
    expect(names(await ask(url, page, { vm: machineId(2) }))).toEqual(['vm-2']);
    expect(names(await ask(url, page, { states: ['COMPLETED'] }))).toEqual([]);
    expect(codeOf(await ask(url, page, { vm: 'nobody' }))).toBe('NOT_FOUND');
  });
});

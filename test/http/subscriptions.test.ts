import { describe, expect, it } from 'vitest';
import { type Answer, ask, follow, listen, next } from '../fakes/graphql-client.ts';
import { machine, machineId } from '../fakes/machines.ts';
import type { TestServer } from '../fakes/open-server.ts';
import { startTestServer } from '../fakes/server.ts';

const transports = [
  { name: 'WebSocket', open: follow },
  { name: 'server-sent events', open: listen },
] as const;

async function trigger({ url }: TestServer, ...vms: string[]): Promise<string[]> {
  const query = 'mutation($input: TriggerDumpsInput!) { triggerDumps(input: $input) { accepted { id } } }';
  const { data } = await ask(url, query, { input: { vms } });
  return data.triggerDumps.accepted.map(({ id }: { id: string }) => id);
}

/** Reads until one satisfies. */
async function until(stream: AsyncIterator<Answer>, enough: (answer: Answer) => boolean): Promise<Answer> {
  for (;;) {
    const answer = await next(stream);
    if (enough(answer)) return answer;
  }
}

describe.each(transports)('over $name', ({ open }) => {
  it('dumpProgress tells a late subscriber how things stand, then every change, and ends with its ids', async () => {
    const server = await startTestServer();
    const [id] = await trigger(server, 'vm-1');
    const run = await server.dumping.next();
    run.context.progress({ doneBytes: 250, totalBytes: 1000 });
    const query = `subscription($ids: [ID!]) { dumpProgress(ids: $ids) {
      id vmName state final progress { percent doneBytes totalBytes } dump { id state } } }`;
    const stream = open(server.url, query, { ids: [id] });
    expect((await next(stream)).data.dumpProgress).toEqual({
      id,
      vmName: 'vm-1',
      state: 'RUNNING',
      final: false,
      progress: { percent: 25, doneBytes: 250, totalBytes: 1000 },
      dump: { id, state: 'RUNNING' },
    });
    run.finish();
    const last = await until(stream, ({ data }) => data.dumpProgress.final);
    expect(last.data.dumpProgress.state).toBe('COMPLETED');
    expect((await stream.next()).done).toBe(true);
  });

  it('dumpProgress of a machine follows its later dumps too, and no other machine’s', async () => {
    const server = await startTestServer();
    const stream = open(server.url, 'subscription { dumpProgress(vms: ["vm-2"]) { id vmName state } }');
    const first = next(stream);
    // A subscription has no acknowledgement: whatever is triggered after the first answer of another one is later.
    await trigger(server, 'vm-1');
    const [id] = await trigger(server, 'vm-2');
    expect((await first).data.dumpProgress).toMatchObject({ id, vmName: 'vm-2' });
  });

  it('operationProgress is filtered by kind', async () => {
    const server = await startTestServer();
    await trigger(server, 'vm-1');
    const stream = open(server.url, 'subscription { operationProgress(kinds: [VERIFY, DUMP]) { operation { kind } } }');
    expect((await next(stream)).data.operationProgress.operation.kind).toBe('DUMP');
  });

  it('operationEvents replays from a cursor and goes on live, without gap or repetition', async () => {
    const server = await startTestServer();
    const [id] = await trigger(server, 'vm-1');
    (await server.dumping.next()).finish();
    await server.operations.settled(id as string);
    const query = `subscription($after: String) { operationEvents(after: $after) {
      seq cursor type state operationId at message operation { id kind } } }`;
    const all = open(server.url, query, { after: '0' });
    const seen: Answer[] = [];
    while (seen.at(-1)?.data.operationEvents.type !== 'COMPLETED') seen.push(await next(all));
    expect(seen.map(({ data }) => data.operationEvents.seq)).toEqual([1, 2, 3]);
    expect(seen.map(({ data }) => data.operationEvents.type)).toEqual(['QUEUED', 'STARTED', 'COMPLETED']);
    // What was loaded for one event is not shown with a later one.
    await trigger(server, 'vm-2');
    expect((await next(all)).data.operationEvents).toMatchObject({ seq: 4, type: 'QUEUED' });
    const resumed = open(server.url, query, { after: seen[1]?.data.operationEvents.cursor });
    expect((await next(resumed)).data.operationEvents).toMatchObject({ seq: 3, type: 'COMPLETED', operationId: id });
    const asked = await ask(
      server.url,
      'query($after: String!) { events(after: $after, first: 2) { nodes { seq } } }',
      {
        after: '1',
      },
    );
    expect(asked.data.events.nodes).toEqual([{ seq: 2 }, { seq: 3 }]);
  });

  it('vmChanges tells what happens to machines, the latest of each', async () => {
    const server = await startTestServer();
    const stream = open(server.url, 'subscription { vmChanges { type id name vm { state } } }');
    const first = next(stream);
    await expect.poll(() => server.hypervisor.listeners.size).toBe(1);
    server.hypervisor.tell({ type: 'CHANGED', machine: machine(1, { state: 'PAUSED' }) });
    expect((await first).data.vmChanges).toEqual({
      type: 'CHANGED',
      id: machineId(1),
      name: 'vm-1',
      vm: { state: 'PAUSED' },
    });
    server.hypervisor.tell({ type: 'GONE', id: machineId(2), name: 'vm-2' });
    expect((await next(stream)).data.vmChanges).toEqual({ type: 'GONE', id: machineId(2), name: 'vm-2', vm: null });
  });

  it('serviceChanges shows the server at once, and again when something changed', async () => {
    const server = await startTestServer();
    const stream = open(
      server.url,
      'subscription { serviceChanges { hypervisor { state } operationCounts { count } } }',
    );
    expect((await next(stream)).data.serviceChanges).toEqual({ hypervisor: { state: 'UP' }, operationCounts: [] });
    await trigger(server, 'vm-1');
    expect((await next(stream)).data.serviceChanges.operationCounts).toHaveLength(1);
    server.hypervisor.down = true;
    server.hypervisor.tellStatus();
    expect((await until(stream, ({ data }) => data.serviceChanges.hypervisor.state === 'DOWN')).errors).toBeUndefined();
  });

  it('ends when the server stops', async () => {
    const server = await startTestServer();
    const stream = open(server.url, 'subscription { vmChanges { id } }');
    const end = stream.next().catch(() => ({ done: true }));
    await expect.poll(() => server.hypervisor.listeners.size).toBe(1);
    await server.close();
    expect((await end).done).toBe(true);
    await expect.poll(() => server.hypervisor.listeners.size).toBe(0);
  });
});

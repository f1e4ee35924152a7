import { describe, expect, it } from 'vitest';
import type { Services } from '../../src/graphql/services.ts';
import { sampleRecord } from '../contracts/sample-records.ts';
import { ask, codeOf } from '../fakes/graphql-client.ts';
import { machine, machineId } from '../fakes/machines.ts';
import { startTestServer } from '../fakes/server.ts';

/** Services that write down which contract methods were called. */
function counting(calls: string[]) {
  const watch = <T extends object>(name: string, target: T): T =>
    new Proxy(target, {
      get(from, key) {
        const value = Reflect.get(from, key);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          calls.push(`${name}.${String(key)}`);
          return value.apply(from, args);
        };
      },
    });
  return (services: Services): Services => ({
    ...services,
    operations: watch('operations', services.operations),
    records: watch('records', services.records),
    hypervisor: watch('hypervisor', services.hypervisor),
  });
}

describe('machines', () => {
  it('are listed, filtered by state and by a part of their name, title or vmid', async () => {
    const machines = [machine(1, { title: 'The Web' }), machine(2, { state: 'PAUSED' }), machine(77)];
    const { url } = await startTestServer({ machines });
    const names = async (args: string) =>
      (await ask(url, `{ vms${args} { name } }`)).data.vms.map(({ name }: { name: string }) => name);
    expect(await names('')).toEqual(['vm-1', 'vm-2', 'vm-77']);
    expect(await names('(state: PAUSED)')).toEqual(['vm-2']);
    expect(await names('(search: "web")')).toEqual(['vm-1']);
    expect(await names('(search: "VM-7")')).toEqual(['vm-77']);
    expect(await names('(search: "nothing like it")')).toEqual([]);
  });

  it('are found by name or id, and null if there is none', async () => {
    const { url } = await startTestServer();
    const query = 'query($name: String!) { vm(name: $name) { id name demo memoryBytes vcpus state } }';
    const expected = { id: machineId(1), name: 'vm-1', demo: true, memoryBytes: 1048576, vcpus: 2, state: 'RUNNING' };
    expect((await ask(url, query, { name: 'vm-1' })).data.vm).toEqual(expected);
    expect((await ask(url, query, { name: machineId(1) })).data.vm).toEqual(expected);
    expect((await ask(url, query, { name: 'nobody' })).data.vm).toBeNull();
  });

  it('are an error with a code and a hint while the hypervisor is away, and the service says why', async () => {
    const { url, hypervisor } = await startTestServer();
    hypervisor.down = true;
    const answer = await ask(url, '{ vms { id } }');
    expect(codeOf(answer)).toBe('HYPERVISOR_UNAVAILABLE');
    expect(answer.errors?.[0]?.extensions.hint).toMatch(/reconnects/);
    const { data } = await ask(url, '{ service { hypervisor { state reason mend } } }');
    expect(data.service.hypervisor).toEqual({ state: 'DOWN', reason: 'the socket is gone', mend: 'start it' });
  });

  it('bring their active dumps and last records along in one call each, however many they are', async () => {
    const calls: string[] = [];
    const machines = Array.from({ length: 30 }, (_, index) => machine(index + 1));
    const { url, records } = await startTestServer({ machines, wrap: counting(calls) });
    await records.append(sampleRecord(1, { machineId: machineId(1), dom: 'vm-1' }));
    const older = sampleRecord(2, { machineId: machineId(2), dom: 'vm-2', timeUs: 1_000_000 });
    const newer = sampleRecord(3, { machineId: machineId(2), dom: 'vm-2', timeUs: 2_000_000 });
    await records.append(older);
    await records.append(newer);
    await ask(url, 'mutation { triggerDumps(input: { vms: ["vm-5"] }) { accepted { id } } }');
    calls.length = 0;
    const { data } = await ask(
      url,
      '{ vms { name activeDump { id vm { name activeDump { id } } } lastRecord { id dump { id } } } }',
    );
    expect(data.vms.filter((vm: { activeDump: unknown }) => vm.activeDump !== null)).toHaveLength(1);
    expect(data.vms[1].lastRecord).toEqual({ id: newer.id, dump: null });
    expect(calls.sort()).toEqual([
      'hypervisor.find',
      'hypervisor.list',
      'operations.get',
      'operations.page',
      'records.page',
    ]);
  });
});

describe('what belongs to many dumps', () => {
  it('is fetched once for all of them', async () => {
    const calls: string[] = [];
    const machines = Array.from({ length: 20 }, (_, index) => machine(index + 1));
    const { url } = await startTestServer({ machines, wrap: counting(calls) });
    await ask(url, 'mutation { triggerDumps(input: { all: true }) { accepted { id } } }');
    calls.length = 0;
    const { data } = await ask(url, '{ dumps { nodes { id vm { id } record { id } } totalCount } }');
    expect(data.dumps.totalCount).toBe(20);
    expect(calls.sort()).toEqual(['hypervisor.list', 'operations.page', 'records.get']);
  });

  it('is not fetched at all where nobody asks for it', async () => {
    const calls: string[] = [];
    const { url } = await startTestServer({ wrap: counting(calls) });
    // What the server asked for itself as it started does not count.
    await ask(url, '{ __typename }');
    calls.length = 0;
    await ask(url, '{ dumpRecords { totalCount } }');
    expect(calls).toEqual(['records.count']);
  });
});

describe('forecasts of many machines', () => {
  it('cost one list, one batch of options, one look at the disk and one page of the journal', async () => {
    const machines = Array.from({ length: 40 }, (_, index) => machine(index + 1));
    const asked: string[] = [];
    const { url } = await startTestServer({
      machines,
      wrap: (services) => {
        for (const [room, names] of [
          ['hypervisor', ['list', 'find']],
          ['store', ['space']],
          ['operations', ['page']],
          ['dumps', ['forecasts', 'forecast']],
        ] as const) {
          const contract = services[room] as unknown as Record<string, (...args: unknown[]) => unknown>;
          for (const name of names) {
            const original = contract[name]?.bind(contract);
            contract[name] = (...args) => {
              asked.push(`${room}.${name}`);
              return original?.(...args);
            };
          }
        }
        return services;
      },
    });
    const { data } = await ask(url, '{ vms { captureOptions { automatic enoughSpace activeDump { id } } } }');
    expect(data.vms).toHaveLength(40);
    expect(data.vms[0].captureOptions).toMatchObject({ enoughSpace: true, activeDump: null });
    expect(asked.sort()).toEqual(['dumps.forecasts', 'hypervisor.list', 'operations.page', 'store.space']);
  });
});

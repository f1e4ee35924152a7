import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import type { Hypervisor } from '../../src/machines/hypervisor.ts';
import { type Machine, type MachineChange, machineStates } from '../../src/machines/machine.ts';
import type { HypervisorBench } from './hypervisor-bench.ts';
import { captureCases } from './hypervisor-captures.ts';

/** What every hypervisor does. One bench for all tests: real machines take long to start, so each test leaves it as it was. */
export function hypervisorSuite(name: string, create: () => Promise<HypervisorBench>): void {
  describe(`hypervisor: ${name}`, () => {
    let bench: HypervisorBench;
    let hypervisor: Hypervisor;

    beforeAll(async () => {
      bench = await create();
      hypervisor = bench.hypervisor;
    });
    afterAll(async () => {
      await hypervisor.close();
      await hypervisor.close();
      await bench.dispose();
    });

    const machineOf = async (wanted: string): Promise<Machine> => {
      const machine = await hypervisor.find(wanted);
      if (machine === null) throw new Error(`no machine ${wanted}`);
      return machine;
    };

    /** Watches until a change is as wanted; the changes so far. */
    async function changesUntil(wanted: (change: MachineChange) => boolean, act: () => Promise<void>) {
      const changes: MachineChange[] = [];
      const found = Promise.withResolvers<void>();
      const end = hypervisor.watch({
        machine: (change) => {
          changes.push(change);
          if (wanted(change)) found.resolve();
        },
      });
      try {
        await act();
        await found.promise;
        return changes;
      } finally {
        end();
      }
    }

    it('is up, and says where and what it is', () => {
      const { state, uri, reason, mend } = hypervisor.status();
      expect({ state, reason, mend }).toEqual({ state: 'UP', reason: null, mend: null });
      expect(uri).toMatch(/^[a-z+]+:\/\//);
      expect(hypervisor.host).not.toBe('');
    });

    it('lists its machines in the order of names, then ids', async () => {
      const machines = await hypervisor.list();
      const order = machines.map(({ name, id }) => `${name}\0${id}`);
      expect(order).toEqual([...order].sort());
      expect(machines.map((machine) => machine.name)).toEqual(
        expect.arrayContaining([bench.running, bench.paused, bench.off]),
      );
      for (const { id, memoryBytes, vcpus, vmid, state } of machines) {
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
        expect(memoryBytes).toBeGreaterThan(0);
        expect(vcpus).toBeGreaterThan(0);
        expect(vmid === null).toBe(!machineStates[state].hasMemory);
      }
    });

    it('finds a machine by its name and by its id, and nothing else', async () => {
      const machine = await machineOf(bench.running);
      expect(await hypervisor.find(machine.id)).toEqual(machine);
      expect(machine).toMatchObject({ name: bench.running, state: 'RUNNING' });
      for (const unknown of ['', 'no-such-machine', '../x', `${machine.id} `, '00000000-0000-0000-0000-000000000000']) {
        expect(await hypervisor.find(unknown)).toBeNull();
      }
    });

    it('tells each watcher what changed, once and in order, until it ends', async () => {
      const { id } = await machineOf(bench.running);
      const late: MachineChange[] = [];
      const end = hypervisor.watch({ machine: (change) => late.push(change) });
      end();
      end();
      const isNow = (state: string) => (change: MachineChange) =>
        change.type === 'CHANGED' && change.machine.id === id && change.machine.state === state;
      const paused = await changesUntil(isNow('PAUSED'), () => bench.pause(bench.running));
      expect((await machineOf(bench.running)).state).toBe('PAUSED');
      const resumed = await changesUntil(isNow('RUNNING'), () => bench.resume(bench.running));
      expect((await machineOf(bench.running)).state).toBe('RUNNING');
      expect(paused.filter(isNow('PAUSED'))).toHaveLength(1);
      expect(resumed.filter(isNow('RUNNING'))).toHaveLength(1);
      expect(late).toEqual([]);
    });

    it('measures what is on, with counters that do not fall', async () => {
      const [before, after] = [await hypervisor.measure(), await hypervisor.measure()];
      // What is not known of a device stays so.
      const hasNotFallen = (value: number | null, now: number | null | undefined) =>
        value === null ? now === null : typeof now === 'number' && now >= value;
      const byName = new Map(after.map((measurement) => [measurement.name, measurement]));
      expect(byName.has(bench.off)).toBe(false);
      expect([...byName.keys()]).toEqual(expect.arrayContaining([bench.running, bench.paused]));
      for (const { name, cpuTimeNs, blockWriteBytes, networkReceiveBytes, vmid } of before) {
        const later = byName.get(name);
        expect(vmid).not.toBe('');
        expect(hasNotFallen(cpuTimeNs, later?.cpuTimeNs)).toBe(true);
        expect(hasNotFallen(blockWriteBytes, later?.blockWriteBytes)).toBe(true);
        expect(hasNotFallen(networkReceiveBytes, later?.networkReceiveBytes)).toBe(true);
      }
    });

    it.each(['running', 'paused', 'off'] as const)(
      'says of a machine that is %s what its plan then does',
      async (which) => {
        const options = await hypervisor.captureOptions(await machineOf(bench[which]));
        const { machine, methods, blockers, automatic } = options;
        expect(methods.map(({ method }) => method).sort()).toEqual(['CORE_DUMP', 'SNAPSHOT']);
        for (const { method, possible, expectedPauseMs } of methods) {
          const reasons = blockers.filter((blocker) => blocker.method === method);
          expect(reasons.length === 0).toBe(possible);
          expect(reasons.every(({ reason }) => reason.length > 20)).toBe(true);
          if (!possible) expect(expectedPauseMs).toBeNull();
          const planning = hypervisor.plan(machine, method);
          if (possible) expect(await planning).toMatchObject({ method, memoryBytes: options.memoryBytes });
          else await expect(planning).rejects.toMatchObject({ code: reasons[0]?.code });
        }
        if (automatic !== null) {
          const plan = await hypervisor.plan(machine, 'AUTO');
          expect(plan).toMatchObject({ method: automatic, reason: options.automaticReason });
          expect(methods).toContainEqual(expect.objectContaining({ method: automatic, possible: true }));
          expect(structuredClone(plan.source)).toEqual(plan.source);
          expect(JSON.parse(JSON.stringify(plan.source))).toEqual(plan.source);
          expect(plan.source.module).toMatch(/^file:/);
        }
        expect(options.automaticReason).not.toBe('');
      },
    );

    it('plans nothing for a machine that is off', async () => {
      const machine = await machineOf(bench.off);
      for (const choice of ['AUTO', 'SNAPSHOT', 'CORE_DUMP'] as const) {
        await expect(hypervisor.plan(machine, choice)).rejects.toMatchObject({ code: 'NOT_RUNNING' });
      }
    });

    it('dumps a paused machine by CORE_DUMP unless told otherwise, and says why where a SNAPSHOT would set it running', async () => {
      const paused = await machineOf(bench.paused);
      expect((await hypervisor.captureOptions(paused)).automatic).toBe('CORE_DUMP');
      const planned = await hypervisor.plan(paused, 'SNAPSHOT').catch((error: unknown) => error);
      // QEMU keeps it paused from 9.0 on.
      if (!(planned instanceof MemoirError)) return expect(planned).toMatchObject({ method: 'SNAPSHOT' });
      expect(planned).toMatchObject({ code: 'METHOD_UNAVAILABLE' });
      const { blockers } = planned.details as { blockers: { method: string; reason: string }[] };
      expect(blockers[0]).toMatchObject({ method: 'SNAPSHOT' });
    });

    captureCases(() => bench);

    it('recovers as often as it is asked, and touches nothing that a person did', async () => {
      const before = await hypervisor.list();
      for (let time = 0; time < 3; time++) {
        expect(await hypervisor.recover()).toEqual({ repaired: [], pending: [] });
      }
      expect(await hypervisor.list()).toEqual(before);
    });
  });
}

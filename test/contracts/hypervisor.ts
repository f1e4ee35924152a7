import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import type { CaptureMethod, CaptureOptions, MethodChoice } from '../../src/machines/capture.ts';
import type { Hypervisor } from '../../src/machines/hypervisor.ts';
import { type Machine, type MachineChange, machineStates } from '../../src/machines/machine.ts';
import { pageBytes } from '../../src/machines/memory-source.ts';
import { InProcessReader, type InProcessReaderOptions } from '../fakes/in-process-reader.ts';

/** A hypervisor with machines to try it on. Names; what a person would do to them goes past the hypervisor's contract. */
export interface HypervisorBench {
  readonly hypervisor: Hypervisor;
  readonly running: string;
  readonly paused: string;
  readonly off: string;
  pause(name: string): Promise<void>;
  resume(name: string): Promise<void>;
  dispose(): Promise<void>;
}

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

    const optionsOf = async (wanted: string): Promise<CaptureOptions> =>
      hypervisor.captureOptions(await machineOf(wanted));

    async function start(wanted: string, choice: MethodChoice, options: InProcessReaderOptions = {}) {
      const plan = await hypervisor.plan(await machineOf(wanted), choice);
      const reader = new InProcessReader(plan, options);
      const controller = new AbortController();
      const outcome = hypervisor.capture(plan, reader, controller.signal);
      outcome.catch(() => undefined);
      return { plan, reader, controller, outcome };
    }

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
      const byName = new Map(after.map((measurement) => [measurement.name, measurement]));
      expect(byName.has(bench.off)).toBe(false);
      expect([...byName.keys()]).toEqual(expect.arrayContaining([bench.running, bench.paused]));
      for (const { name, cpuTimeNs, blockWriteBytes, networkReceiveBytes, vmid } of before) {
        const later = byName.get(name);
        expect(vmid).not.toBe('');
        expect(later?.cpuTimeNs).toBeGreaterThanOrEqual(cpuTimeNs);
        expect(later?.blockWriteBytes).toBeGreaterThanOrEqual(blockWriteBytes);
        expect(later?.networkReceiveBytes).toBeGreaterThanOrEqual(networkReceiveBytes);
      }
    });

    it.each(['running', 'paused', 'off'] as const)(
      'says of a machine that is %s what its plan then does',
      async (which) => {
        const options = await optionsOf(bench[which]);
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

    it('takes no snapshot of a paused machine, and says what stands in the way', async () => {
      const failure = await hypervisor.plan(await machineOf(bench.paused), 'SNAPSHOT').catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'METHOD_UNAVAILABLE' });
      const { blockers } = (failure as MemoirError).details as { blockers: { method: string; reason: string }[] };
      expect(blockers[0]).toMatchObject({ method: 'SNAPSHOT' });
      expect((await optionsOf(bench.paused)).automatic).toBe('CORE_DUMP');
    });

    const captures: [which: 'running' | 'paused', method: CaptureMethod][] = [
      ['running', 'SNAPSHOT'],
      ['running', 'CORE_DUMP'],
      ['paused', 'CORE_DUMP'],
    ];
    it.each(captures)(
      'captures every byte of a machine that is %s by %s, once, and leaves it so',
      async (which, method) => {
        const before = await machineOf(bench[which]);
        const possible = (await optionsOf(bench[which])).methods.some((one) => one.method === method && one.possible);
        if (!possible) return;
        const started = Date.now();
        const { plan, reader, outcome } = await start(bench[which], method);
        const { guestPauseMs, capturedAtMs } = await outcome;
        const { recorder, tail } = reader;
        expect(recorder.complaints).toEqual([]);
        expect(recorder.missingPages).toBe(0);
        expect(recorder.passedBytes).toBe(recorder.totalBytes);
        expect(Math.abs(recorder.totalBytes - plan.memoryBytes) / plan.memoryBytes).toBeLessThan(0.05);
        expect(recorder.receivedBytes).toBeGreaterThan(0);
        const { ranges = [], cpuCount } = recorder.memoryLayout ?? {};
        ranges.forEach(({ start: from, end }, index) => {
          expect(from).toBeLessThan(end);
          expect([Number(from % BigInt(pageBytes)), Number(end % BigInt(pageBytes))]).toEqual([0, 0]);
          if (index > 0) expect(ranges[index - 1]?.end).toBeLessThanOrEqual(from);
        });
        expect(cpuCount).toBe(before.vcpus);
        expect(tail?.cpus).toHaveLength(before.vcpus);
        for (const { prstatus, qemu } of tail?.cpus ?? []) expect([prstatus.length, qemu.length]).toEqual([336, 440]);
        expect(reader.opened).toBe(1);
        expect(capturedAtMs).toBeGreaterThanOrEqual(started - 1000);
        if (guestPauseMs !== null) expect(guestPauseMs).toBeGreaterThanOrEqual(0);
        expect(await machineOf(bench[which])).toEqual(before);
      },
    );

    it.each(['SNAPSHOT', 'CORE_DUMP'] as const)(
      'ends %s with the reason that it is given, and the machine goes on',
      async (method) => {
        const possible = (await optionsOf(bench.running)).methods.some((one) => one.method === method && one.possible);
        if (!possible) return;
        const reason = new MemoirError('CANCELLED', 'somebody thought better of it');
        const moved = Promise.withResolvers<void>();
        const { controller, outcome, reader } = await start(bench.running, method, {
          moved: (bytes) => {
            if (bytes > 1 << 20) moved.resolve();
          },
        });
        await moved.promise;
        controller.abort(reason);
        await expect(outcome).rejects.toBe(reason);
        await expect(reader.drained).rejects.toMatchObject({ code: 'CAPTURE_FAILED' });
        expect(reader.recorder.missingPages).toBeGreaterThan(0);
        expect((await machineOf(bench.running)).state).toBe('RUNNING');
        const { outcome: second } = await start(bench.running, method);
        await expect(second).resolves.toBeDefined();
      },
    );

    it('begins nothing for a signal that is aborted already', async () => {
      const plan = await hypervisor.plan(await machineOf(bench.running), 'AUTO');
      const reader = new InProcessReader(plan);
      const reason = new MemoirError('CANCELLED', 'before it began');
      await expect(hypervisor.capture(plan, reader, AbortSignal.abort(reason))).rejects.toBe(reason);
      expect(reader.recorder.passedBytes).toBe(0);
    });

    it('fails with what the reader says when that cannot open its side', async () => {
      const plan = await hypervisor.plan(await machineOf(bench.running), 'AUTO');
      const failure = new MemoirError('NO_SPACE', 'no room for this');
      const reader = new InProcessReader(plan);
      reader.open = () => Promise.reject(failure);
      await expect(hypervisor.capture(plan, reader, new AbortController().signal)).rejects.toBe(failure);
      expect((await machineOf(bench.running)).state).toBe('RUNNING');
    });

    it('leaves a machine paused that a person paused during its capture', async () => {
      const moved = Promise.withResolvers<void>();
      const { outcome } = await start(bench.running, 'AUTO', { moved: () => moved.resolve() });
      await moved.promise;
      await bench.pause(bench.running);
      await outcome.catch(() => undefined);
      expect((await machineOf(bench.running)).state).toBe('PAUSED');
      await bench.resume(bench.running);
      expect((await machineOf(bench.running)).state).toBe('RUNNING');
    });

    it('recovers as often as it is asked, and touches nothing that a person did', async () => {
      const before = await hypervisor.list();
      for (let time = 0; time < 3; time++) {
        expect(await hypervisor.recover()).toEqual({ repaired: [], pending: [] });
      }
      expect(await hypervisor.list()).toEqual(before);
    });
  });
}

import { expect, it } from 'vitest';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import type { CaptureMethod, MethodChoice } from '../../src/machines/capture.ts';
import type { Machine } from '../../src/machines/machine.ts';
import { pageBytes } from '../../src/machines/memory-source.ts';
import { InProcessReader, type InProcessReaderOptions } from '../fakes/in-process-reader.ts';
import type { HypervisorBench } from './hypervisor-bench.ts';

/** The part of the hypervisors' suite that moves memory. */
export function captureCases(bench: () => HypervisorBench): void {
  const machineOf = async (wanted: string): Promise<Machine> => {
    const machine = await bench().hypervisor.find(wanted);
    if (machine === null) throw new Error(`no machine ${wanted}`);
    return machine;
  };

  const isPossible = async (wanted: string, method: CaptureMethod): Promise<boolean> => {
    const { methods } = await bench().hypervisor.captureOptions(await machineOf(wanted));
    return methods.some((one) => one.method === method && one.possible);
  };

  async function start(wanted: string, choice: MethodChoice, options: InProcessReaderOptions = {}) {
    const plan = await bench().hypervisor.plan(await machineOf(wanted), choice);
    const reader = new InProcessReader(plan, options);
    const controller = new AbortController();
    const outcome = bench().hypervisor.capture(plan, reader, controller.signal);
    outcome.catch(() => undefined);
    return { plan, reader, controller, outcome };
  }

  const captures: [which: 'running' | 'paused', method: CaptureMethod][] = [
    ['running', 'SNAPSHOT'],
    ['running', 'CORE_DUMP'],
    ['paused', 'CORE_DUMP'],
  ];
  it.for(captures)(
    'captures every byte of a machine that is %s by %s, once, and leaves it so',
    async ([which, method], { skip }) => {
      const before = await machineOf(bench()[which]);
      skip(!(await isPossible(bench()[which], method)), `${method} is not possible here`);
      const started = Date.now();
      const { plan, reader, outcome } = await start(bench()[which], method);
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
      const notes = tail?.cpuNotes.map(({ name, desc }) => [name, desc.length]);
      const of = (name: string, bytes: number) => Array.from({ length: before.vcpus }, () => [name, bytes]);
      expect(notes).toEqual([...of('CORE', 336), ...of('QEMU', 440)]);
      expect(reader.opened).toBe(1);
      expect(capturedAtMs).toBeGreaterThanOrEqual(started - 1000);
      if (guestPauseMs !== null) expect(guestPauseMs).toBeGreaterThanOrEqual(0);
      expect(await machineOf(bench()[which])).toEqual(before);
    },
  );

  it.for(['SNAPSHOT', 'CORE_DUMP'] as const)(
    'ends %s with the reason that it is given, and the machine goes on',
    async (method, { skip }) => {
      skip(!(await isPossible(bench().running, method)), `${method} is not possible here`);
      const reason = new MemoirError('CANCELLED', 'someone thought better of it');
      const moved = Promise.withResolvers<void>();
      const { controller, outcome, reader } = await start(bench().running, method, {
        moved: (bytes) => {
          if (bytes > 1 << 20) moved.resolve();
        },
      });
      await moved.promise;
      controller.abort(reason);
      await expect(outcome).rejects.toBe(reason);
      await expect(reader.drained).rejects.toMatchObject({ code: 'CAPTURE_FAILED' });
      expect(reader.recorder.missingPages).toBeGreaterThan(0);
      expect((await machineOf(bench().running)).state).toBe('RUNNING');
      const { outcome: second } = await start(bench().running, method);
      await expect(second).resolves.toBeDefined();
    },
  );

  it('begins nothing for a signal that is aborted already', async () => {
    const plan = await bench().hypervisor.plan(await machineOf(bench().running), 'AUTO');
    const reader = new InProcessReader(plan);
    const reason = new MemoirError('CANCELLED', 'before it began');
    await expect(bench().hypervisor.capture(plan, reader, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(reader.recorder.passedBytes).toBe(0);
  });

  it('fails with what the reader says when that cannot open its side', async () => {
    const plan = await bench().hypervisor.plan(await machineOf(bench().running), 'AUTO');
    const failure = new MemoirError('NO_SPACE', 'no room for this');
    const reader = new InProcessReader(plan);
    reader.open = () => Promise.reject(failure);
    await expect(bench().hypervisor.capture(plan, reader, new AbortController().signal)).rejects.toBe(failure);
    expect((await machineOf(bench().running)).state).toBe('RUNNING');
  });

  it('leaves a machine paused that a person paused during its capture', async () => {
    const moved = Promise.withResolvers<void>();
    const { outcome } = await start(bench().running, 'AUTO', { moved: () => moved.resolve() });
    await moved.promise;
    await bench().pause(bench().running);
    await outcome.catch(() => undefined);
    expect((await machineOf(bench().running)).state).toBe('PAUSED');
    await bench().resume(bench().running);
    expect((await machineOf(bench().running)).state).toBe('RUNNING');
  });
}

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Hypervisor } from '../../../src/machines/hypervisor.ts';
import { createLibvirtHypervisor } from '../../../src/machines/libvirt/hypervisor.ts';
import type { Machine } from '../../../src/machines/machine.ts';
import { InProcessReader } from '../../fakes/in-process-reader.ts';
import { patient } from '../../fakes/libvirt/patient.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { lacksBench } from '../bench/generation.ts';
import type { Guest } from '../bench/guest.ts';
import { litmus } from '../bench/litmus.ts';
import { idle } from '../bench/programs.ts';
import { expectUntouched } from './invariant.ts';

// As many guests hang as a connection to libvirtd has places for calls.
describe.skipIf(lacksBench())('when four guests’ QEMU do not answer', { timeout: 120_000 }, () => {
  let bench: Bench;
  let healthy: Guest;
  let silent: Guest[];
  let hypervisor: Hypervisor;

  beforeAll(async () => {
    bench = await startBench();
    [healthy, ...silent] = await Promise.all([
      bench.startGuest({ name: 'healthy', memoryMiB: 160, program: await litmus({ pages: 2048 }) }),
      ...[1, 2, 3, 4].map((number) => bench.startGuest({ name: `silent-${number}`, memoryMiB: 128, program: idle() })),
    ]);
    await healthy.waitFor(/READY/);
    hypervisor = await createLibvirtHypervisor({
      uri: bench.uri,
      stateFolder: join(bench.folder, 'state'),
      // Short, for what is never answered; long enough for what is, on a machine that is busy.
      connection: { callTimeoutMs: 6_000 },
      answerMs: 2_000,
      meetingFolders: [bench.exchange],
    });
  }, 240_000);
  afterAll(async () => {
    await hypervisor?.close();
    await bench?.close();
  });

  it('the others are listed and captured, the state says degraded, and it heals', async () => {
    const machines = await hypervisor.list();
    expect(machines).toHaveLength(5);
    expect(hypervisor.status().state).toBe('UP');
    const pids = await Promise.all(silent.map((guest) => guest.pid()));
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      const found = machines.filter(({ name }) => name !== 'healthy');
      const asked = await Promise.allSettled(found.map((machine) => hypervisor.captureOptions(machine)));
      const blockers = asked.flatMap((one) => (one.status === 'fulfilled' ? one.value.blockers : []));
      expect(blockers.map(({ code }) => code)).toContain('GUEST_FROZEN');
      // What is measured of a guest goes through its QEMU too.
      await hypervisor.measure().catch(() => undefined);
      expect(hypervisor.status()).toMatchObject({ state: 'DEGRADED', reason: expect.stringMatching(/unanswered/) });

      // A question may come too late on a busy machine; the next one is answered.
      const machine = (await vi.waitFor(() => hypervisor.find('healthy'), patient)) as Machine;
      const plan = await hypervisor.plan(machine, 'SNAPSHOT');
      const reader = new InProcessReader(plan);
      await hypervisor.capture(plan, reader, new AbortController().signal);
      expect(reader.recorder.missingPages).toBe(0);
      expect((await hypervisor.list()).map(({ name }) => name)).toContain('healthy');
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
    await expectUntouched(healthy);
    await expect.poll(() => hypervisor.status().state, patient).toBe('UP');
  });
});

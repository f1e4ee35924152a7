import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MemoirError } from '../../../src/domain/memoir-error.ts';
import type { CaptureMethod, CapturePlan, CaptureReader } from '../../../src/machines/capture.ts';
import type { Hypervisor } from '../../../src/machines/hypervisor.ts';
import { createLibvirtHypervisor } from '../../../src/machines/libvirt/hypervisor.ts';
import type { Machine } from '../../../src/machines/machine.ts';
import type { MemorySource, OpenSource } from '../../../src/machines/memory-source.ts';
import { InProcessReader } from '../../fakes/in-process-reader.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { lacksBench } from '../bench/generation.ts';
import type { Guest } from '../bench/guest.ts';
import { litmus, nextReports } from '../bench/litmus.ts';
import { capabilityOf, expectSavable, expectUntouched } from './invariant.ts';

/** How many snapshots lose their libvirtd; RESTARTS=20 for a release. */
const restarts = Number(process.env.RESTARTS ?? 3);
const methods = ['SNAPSHOT', 'CORE_DUMP'] as const;

// Faults of docs/failure-modes, on a real libvirtd and a guest that counts: whatever happens, it goes on counting.
describe.skipIf(lacksBench())('when something breaks during a capture', { timeout: 240_000 }, () => {
  let bench: Bench;
  let guest: Guest;
  let hypervisor: Hypervisor;
  const repaired: string[] = [];

  beforeAll(async () => {
    bench = await startBench();
    guest = await bench.startGuest({ name: 'counts', program: await litmus({ pages: 4096 }) });
    await guest.waitFor(/READY/);
    hypervisor = await createLibvirtHypervisor({
      uri: bench.uri,
      stateFolder: join(bench.folder, 'state'),
      connection: { callTimeoutMs: 3_000, maxDelayMs: 500 },
      meetingFolders: [bench.exchange],
      repaired: (line) => repaired.push(line),
    });
  }, 240_000);
  afterAll(async () => {
    await hypervisor?.close();
    await bench?.close();
  });
  afterEach(async () => {
    expect(await readdir(join(bench.folder, 'state', 'captures'))).toEqual([]);
    expect((await readdir(bench.exchange)).filter((name) => name.startsWith('memoir-'))).toEqual([]);
  });

  const find = async (): Promise<Machine> => (await hypervisor.find(guest.uuid)) as Machine;

  /** Resolves when hypervisor and reader are in the middle of it. */
  async function begun(method: CaptureMethod, machine?: Machine) {
    const plan = await hypervisor.plan(machine ?? (await find()), method);
    const moved = Promise.withResolvers<void>();
    const reader = new InProcessReader(plan, { moved: (bytes) => bytes > 16 << 20 && moved.resolve() });
    const outcome = hypervisor.capture(plan, reader, new AbortController().signal);
    outcome.catch(() => undefined);
    await Promise.race([moved.promise, outcome]);
    return { plan, reader, outcome };
  }

  async function untilUp(): Promise<void> {
    if (hypervisor.status().state === 'UP') return;
    const up = Promise.withResolvers<void>();
    const end = hypervisor.watch({ status: ({ state }) => state === 'UP' && up.resolve() });
    if (hypervisor.status().state === 'UP') up.resolve();
    await up.promise;
    end();
  }

  it('libvirtd that is killed and started again in a CORE_DUMP: a connection code, the guest runs, we are back', async () => {
    const { outcome } = await begun('CORE_DUMP');
    await bench.libvirtd.kill();
    await bench.libvirtd.start();
    await expect(outcome).rejects.toMatchObject({ code: 'HYPERVISOR_UNAVAILABLE' });
    await untilUp();
    await expectUntouched(guest);
    expect((await find()).state).toBe('RUNNING');
  });

  // Every restart at another moment: from before the first command to QEMU up to the last pages.
  it(`libvirtd that is killed and started again in ${restarts} SNAPSHOTs: they complete`, {
    timeout: 60_000 * restarts,
  }, async () => {
    const failures: unknown[] = [];
    for (let round = 0; round < restarts; round++) {
      const machine = await find();
      const plan = await hypervisor.plan(machine, 'SNAPSHOT');
      const due = Promise.withResolvers<void>();
      const moment = (plan.memoryBytes * round) / restarts;
      const reader = new InProcessReader(plan, { moved: (bytes) => bytes >= moment && due.resolve() });
      const outcome = hypervisor.capture(plan, reader, new AbortController().signal);
      outcome.catch(() => undefined);
      if (round > 0) await Promise.race([due.promise, outcome]);
      await bench.libvirtd.kill();
      await bench.libvirtd.start();
      try {
        await outcome;
        expect(reader.recorder.missingPages).toBe(0);
        expect(reader.recorder.complaints).toEqual([]);
      } catch (error) {
        failures.push(error);
      }
      await untilUp();
      await expectUntouched(guest);
    }
    expect(failures.length, failures.map(String).join('\n')).toBeLessThanOrEqual(Math.floor(restarts / 10));
  });

  it('a guest that a person paused (SNAPSHOT): it stays paused, and does not execute a single instruction', async () => {
    await bench.virsh('suspend', guest.uuid);
    try {
      const { methods, automatic } = await hypervisor.captureOptions(await find());
      expect(methods).toContainEqual({ method: 'SNAPSHOT', possible: true, expectedPauseMs: 0 });
      expect(automatic).toBe('CORE_DUMP');
      const images: string[] = [];
      for (let round = 0; round < 2; round++) {
        const plan = await hypervisor.plan(await find(), 'SNAPSHOT');
        const reader = new InProcessReader(plan, { keepImage: true });
        const { guestPauseMs } = await hypervisor.capture(plan, reader, new AbortController().signal);
        expect(guestPauseMs).toBe(0);
        expect(await guest.state()).toBe('paused');
        images.push(reader.recorder.digest());
      }
      // Its program writes a million words a second whenever it executes.
      expect(images[1]).toBe(images[0]);
    } finally {
      await bench.virsh('resume', guest.uuid);
    }
    await expectUntouched(guest);
  });

  it('a pause that would be too long: it is refused with the estimate, a method by name passes, and nothing stops', async () => {
    const machine = await find();
    const { methods } = await hypervisor.captureOptions(machine);
    const expectedPauseMs = methods.find(({ method }) => method === 'CORE_DUMP')?.expectedPauseMs ?? 0;
    expect(expectedPauseMs).toBeGreaterThan(100);
    const limits = { maxPauseMs: 100 };
    await expect(hypervisor.plan(machine, 'CORE_DUMP', limits)).rejects.toMatchObject({
      code: 'PAUSE_TOO_LONG',
      details: { expectedPauseMs, maxPauseMs: 100 },
    });
    await expect(hypervisor.plan(machine, 'AUTO', { maxPauseMs: 1 })).rejects.toMatchObject({ code: 'PAUSE_TOO_LONG' });
    expect((await hypervisor.plan(machine, 'AUTO', limits)).method).toBe('SNAPSHOT');
    expect((await hypervisor.plan(machine, 'CORE_DUMP')).method).toBe('CORE_DUMP');
    await expectUntouched(guest);
  });

  it('libvirtd that does not respond: calls end with a code in time, and it heals by itself', async () => {
    bench.libvirtd.freeze();
    try {
      await expect(hypervisor.list()).rejects.toMatchObject({ code: 'HYPERVISOR_UNAVAILABLE' });
    } finally {
      bench.libvirtd.thaw();
    }
    await untilUp();
    expect((await hypervisor.list()).map(({ name }) => name)).toContain('counts');
  });

  it.each(methods)('a guest that is destroyed (%s): it is said so', async (method) => {
    const victim = await bench.startGuest({ name: 'victim', program: await litmus({ pages: 4096 }) });
    await victim.waitFor(/READY/);
    const { outcome } = await begun(method, (await hypervisor.find(victim.uuid)) as Machine);
    await victim.destroy();
    await expect(outcome).rejects.toMatchObject({ code: 'GUEST_GONE' });
    await expectUntouched(guest);
  });

  it.each(methods)(
    'a reader that fails in the middle (%s): its reason is the capture’s, the guest runs',
    async (method) => {
      const plan = await hypervisor.plan(await find(), method);
      const reader = new InProcessReader(plan, {
        moved: (bytes) => {
          if (bytes > 16 << 20) throw new MemoirError('NO_SPACE', 'the disk is full');
        },
      });
      await expect(hypervisor.capture(plan, reader, new AbortController().signal)).rejects.toMatchObject({
        code: 'NO_SPACE',
      });
      await expectUntouched(guest);
    },
  );

  it('a reader that opens the core dump and never reads: the guest is released at a deadline', async () => {
    const plan = await hypervisor.plan(await find(), 'CORE_DUMP');
    const capture = hypervisor.capture(plan, new StalledReader(plan), new AbortController().signal);
    await expect(capture).rejects.toMatchObject({ code: 'STALLED' });
    await expectUntouched(guest);
  });

  it('a person who pauses the guest in the middle of a core dump: it stays paused', async () => {
    const { outcome } = await begun('CORE_DUMP');
    await bench.virsh('suspend', guest.uuid);
    await outcome.catch(() => undefined);
    expect(await guest.state()).toBe('paused');
    await bench.virsh('resume', guest.uuid);
    await expectUntouched(guest);
  });

  it('a snapshot whose socket QEMU cannot reach: nothing is stopped, and the reason is said', async () => {
    const plan = await hypervisor.plan(await find(), 'SNAPSHOT');
    const reader = new InProcessReader(plan);
    const { open } = reader;
    reader.open = async () => {
      await open.call(reader);
      const { ownSocket } = plan.source.options as unknown as { ownSocket: { path: string; folder: string } };
      const { chmod } = await import('node:fs/promises');
      await chmod(ownSocket.folder, 0o700);
    };
    await expect(hypervisor.capture(plan, reader, new AbortController().signal)).rejects.toMatchObject({
      code: 'METHOD_UNAVAILABLE',
      message: expect.stringMatching(/Permission denied/),
    });
    await expectUntouched(guest);
  });

  it('a capability that someone left on is found at the start and switched off', async () => {
    await guest.qmp('migrate-set-capabilities', { capabilities: [{ capability: 'background-snapshot', state: true }] });
    expect(await capabilityOf(guest)).toBe(true);
    const { repaired: lines, pending } = await hypervisor.recover();
    expect(lines.join()).toMatch(/"counts".*background-snapshot/);
    expect(pending).toEqual([]);
    await expectUntouched(guest);
    await nextReports(guest);
  });

  it('after all of that the guest can be saved and restored', async () => {
    await expectSavable(bench, guest);
  });
});

/** Opens the source and never reads it: a thread that hangs. */
class StalledReader implements CaptureReader {
  readonly drained = new Promise<void>(() => undefined);
  readonly #plan: CapturePlan;
  #source: MemorySource | undefined;

  constructor(plan: CapturePlan) {
    this.#plan = plan;
  }

  async open(): Promise<void> {
    const { openSource } = (await import(this.#plan.source.module)) as { openSource: OpenSource };
    this.#source = await openSource(this.#plan.source.options);
  }

  moved(): void {}

  abandon(): void {
    void this.#source?.close();
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoirError } from '../../../src/domain/memoir-error.ts';
import type { Hypervisor } from '../../../src/machines/hypervisor.ts';
import { createLibvirtHypervisor } from '../../../src/machines/libvirt/hypervisor.ts';
import type { Machine } from '../../../src/machines/machine.ts';
import { InProcessReader } from '../../fakes/in-process-reader.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { lacksOldGeneration } from '../bench/generation.ts';
import type { Guest } from '../bench/guest.ts';
import { litmus } from '../bench/litmus.ts';
import { expectUntouched } from './invariant.ts';

// libvirt 9.0 and QEMU 7.2, where a snapshot that is interrupted freezes its guest for good.
describe.skipIf(lacksOldGeneration())('a guest of QEMU 7.2', { timeout: 240_000 }, () => {
  let bench: Bench;
  let guest: Guest;
  let hypervisor: Hypervisor;
  let stateFolder: string;

  beforeAll(async () => {
    bench = await startBench({ generation: 'old' });
    guest = await bench.startGuest({ name: 'old', program: await litmus({ pages: 4096 }) });
    await guest.waitFor(/READY/);
    stateFolder = join(bench.folder, 'state');
    hypervisor = await createLibvirtHypervisor({ uri: bench.uri, stateFolder, meetingFolders: [bench.exchange] });
  }, 240_000);
  afterAll(async () => {
    await hypervisor?.close();
    await bench?.close();
  });

  const find = async (): Promise<Machine> => (await hypervisor.find('old')) as Machine;

  it('takes CORE_DUMP by AUTO, and it is said why; SNAPSHOT is an explicit choice', async () => {
    const { automatic, automaticReason, methods } = await hypervisor.captureOptions(await find());
    expect(automatic).toBe('CORE_DUMP');
    expect(automaticReason).toMatch(/7\.2.*before 8\.1/);
    expect(methods.every(({ possible }) => possible)).toBe(true);
  });

  it('is refused to AUTO where the core dump would pause it for too long; SNAPSHOT by name passes', async () => {
    const limits = { maxPauseMs: 100 };
    await expect(hypervisor.plan(await find(), 'AUTO', limits)).rejects.toMatchObject({
      code: 'PAUSE_TOO_LONG',
      hint: expect.stringMatching(/8\.1 or later/),
    });
    expect((await hypervisor.plan(await find(), 'SNAPSHOT', limits)).method).toBe('SNAPSHOT');
  });

  it.each(['SNAPSHOT', 'CORE_DUMP'] as const)('is captured whole by %s', async (method) => {
    const plan = await hypervisor.plan(await find(), method);
    const reader = new InProcessReader(plan);
    const { guestPauseMs } = await hypervisor.capture(plan, reader, new AbortController().signal);
    expect(guestPauseMs).toBeGreaterThan(0);
    expect(reader.recorder.complaints).toEqual([]);
    expect(reader.recorder.missingPages).toBe(0);
    expect(await readdir(join(stateFolder, 'spool')).catch(() => [])).toEqual([]);
    await expectUntouched(guest);
  });

  it('does not freeze when its snapshot is cancelled', async () => {
    const plan = await hypervisor.plan(await find(), 'SNAPSHOT');
    const moved = Promise.withResolvers<void>();
    const reader = new InProcessReader(plan, { moved: () => moved.resolve() });
    const controller = new AbortController();
    const outcome = hypervisor.capture(plan, reader, controller.signal);
    outcome.catch(() => undefined);
    await moved.promise;
    const reason = new MemoirError('CANCELLED', 'not wanted any more');
    controller.abort(reason);
    await expect(outcome).rejects.toBe(reason);
    await expectUntouched(guest);
  });

  it('does not freeze when its snapshot’s reader fails', async () => {
    const plan = await hypervisor.plan(await find(), 'SNAPSHOT');
    const reader = new InProcessReader(plan, {
      moved: () => {
        throw new MemoirError('NO_SPACE', 'the disk is full');
      },
    });
    await expect(hypervisor.capture(plan, reader, new AbortController().signal)).rejects.toMatchObject({
      code: 'NO_SPACE',
    });
    await expectUntouched(guest);
  });

  it('does not freeze when the server is killed during its snapshot', async () => {
    for (let kill = 0; kill < 4; kill++) {
      const folder = join(bench.folder, `state-${kill}`);
      const words = [
        join(import.meta.dirname, 'capture-child.ts'),
        bench.uri,
        folder,
        bench.exchange,
        'old',
        'SNAPSHOT',
      ];
      const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(createInterface(child.stdout), 'line');
      await sleep(150 + kill * 300);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const next = await createLibvirtHypervisor({
        uri: bench.uri,
        stateFolder: folder,
        meetingFolders: [bench.exchange],
      });
      const { pending } = await next.recover();
      expect(pending).toEqual([]);
      await next.close();
      await expectUntouched(guest);
    }
  });
});

import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MemoirError } from '../../../src/domain/memoir-error.ts';
import type { Hypervisor } from '../../../src/machines/hypervisor.ts';
import { createLibvirtHypervisor } from '../../../src/machines/libvirt/hypervisor.ts';
import type { Machine } from '../../../src/machines/machine.ts';
import { InProcessReader } from '../../fakes/in-process-reader.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { lacksBench } from '../bench/generation.ts';
import type { Guest } from '../bench/guest.ts';
import { litmus } from '../bench/litmus.ts';
import { DumpComparison } from './dump-comparison.ts';
import { expectUntouched } from './invariant.ts';
import { SinkReader } from './sink-reader.ts';

// A hypervisor behind ssh: nothing of ours is on its host. The ssh is a script that goes into the bench's namespace and runs
// what it is told, which is all that ssh does for libvirt; its own wire is tested with the client.
describe.skipIf(lacksBench())('a machine of another host', { timeout: 240_000 }, () => {
  let bench: Bench;
  let guest: Guest;
  let hypervisor: Hypervisor;

  beforeAll(async () => {
    bench = await startBench();
    const ssh = join(bench.folder, 'ssh');
    const script = `#!/bin/sh\nfor last; do :; done\nexec nsenter --target=${bench.libvirtd.pid} --mount -- sh -c "$last"\n`;
    await writeFile(ssh, script, { mode: 0o755 });
    guest = await bench.startGuest({ name: 'far', program: await litmus({ pages: 2048 }) });
    await guest.waitFor(/READY/);
    hypervisor = await createLibvirtHypervisor({
      uri: `qemu+ssh://localhost/system?command=${ssh}`,
      stateFolder: join(bench.folder, 'state'),
    });
    // A slow ssh is a hypervisor that is still being connected to, not an error.
    await vi.waitFor(() => expect(hypervisor.status().state).toBe('UP'), { timeout: 60_000 });
  }, 240_000);
  afterAll(async () => {
    await hypervisor?.close();
    await bench?.close();
  });

  const find = async (): Promise<Machine> => (await hypervisor.find('far')) as Machine;
  const left = async (): Promise<string[]> =>
    (await readdir(join(bench.folder, 'lib', 'qemu', 'dump'))).filter((name) => name.startsWith('memoir-'));

  it('takes a core dump, and says why not a snapshot', async () => {
    const { automatic, automaticReason, blockers } = await hypervisor.captureOptions(await find());
    expect(automatic).toBe('CORE_DUMP');
    expect(automaticReason).toMatch(/another host/);
    expect(blockers.map(({ method }) => method)).toEqual(['SNAPSHOT']);
  });

  it('is captured through libvirt alone, to the bit, and nothing is left there', async () => {
    await bench.virsh('suspend', guest.uuid);
    const path = join(bench.folder, 'guests', 'far.elf');
    await bench.virsh('dump', guest.uuid, path, '--memory-only');
    const comparison = new DumpComparison(path);
    const plan = await hypervisor.plan(await find(), 'AUTO');
    await hypervisor.capture(plan, new SinkReader(plan, comparison), new AbortController().signal);
    expect(comparison.differing).toEqual([]);
    expect(comparison.pages * 4096).toBeGreaterThan(256 * 2 ** 20);
    comparison.close();
    expect(await left()).toEqual([]);
    await bench.virsh('resume', guest.uuid);
  });

  it('is seen to move while its dump goes to a file there, before a byte of it comes', async () => {
    const plan = await hypervisor.plan(await find(), 'AUTO');
    let movesBefore: number | undefined;
    const reader: InProcessReader = new InProcessReader(plan, {
      moved: () => {
        movesBefore ??= reader.moves;
      },
    });
    await hypervisor.capture(plan, reader, new AbortController().signal);
    expect(movesBefore).toBeGreaterThan(0);
    expect(await left()).toEqual([]);
    await expectUntouched(guest);
  });

  it('goes on, and nothing is left there, when it is cancelled while its dump is fetched', async () => {
    const plan = await hypervisor.plan(await find(), 'AUTO');
    const moved = Promise.withResolvers<void>();
    const reader = new InProcessReader(plan, { moved: () => moved.resolve() });
    const controller = new AbortController();
    const outcome = hypervisor.capture(plan, reader, controller.signal);
    outcome.catch(() => undefined);
    await moved.promise;
    const reason = new MemoirError('CANCELLED', 'not wanted any more');
    controller.abort(reason);
    await expect(outcome).rejects.toBe(reason);
    expect(await left()).toEqual([]);
    await expectUntouched(guest);
  });
});

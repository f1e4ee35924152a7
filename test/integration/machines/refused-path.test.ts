import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CapturePlan } from '../../../src/machines/capture.ts';
import type { Hypervisor } from '../../../src/machines/hypervisor.ts';
import { createLibvirtHypervisor } from '../../../src/machines/libvirt/hypervisor.ts';
import type { Machine } from '../../../src/machines/machine.ts';
import { InProcessReader } from '../../fakes/in-process-reader.ts';
import { lacks } from '../../system.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { lacksBench } from '../bench/generation.ts';
import type { Guest } from '../bench/guest.ts';
import { litmus } from '../bench/litmus.ts';
import { traced } from '../strace.ts';
import { DumpComparison } from './dump-comparison.ts';
import { expectUntouched } from './invariant.ts';
import { SinkReader } from './sink-reader.ts';

// A libvirtd on this host that cannot write where we read: the core dump goes to a file of its own, and is fetched from it.
describe.skipIf(lacksBench())('a libvirtd that cannot reach our FIFO', { timeout: 240_000 }, () => {
  let bench: Bench;
  let guest: Guest;
  let hypervisor: Hypervisor;
  let hidden: string;

  beforeAll(async () => {
    bench = await startBench();
    guest = await bench.startGuest({ name: 'far', program: await litmus({ pages: 2048 }) });
    await guest.waitFor(/READY/);
    // Mounted after the bench's namespace was made: libvirtd sees an empty folder there, like one in a container.
    hidden = join(bench.exchange, 'hidden');
    await mkdir(hidden);
    execFileSync('/usr/bin/mount', ['-t', 'tmpfs', 'tmpfs', hidden]);
    await chmod(hidden, 0o711);
    hypervisor = await createLibvirtHypervisor({
      uri: bench.uri,
      stateFolder: join(bench.folder, 'state'),
      meetingFolders: [hidden],
    });
  }, 240_000);
  afterAll(async () => {
    await hypervisor?.close();
    if (hidden !== undefined) execFileSync('/usr/bin/umount', [hidden]);
    await bench?.close();
  });

  const find = async (): Promise<Machine> => (await hypervisor.find('far')) as Machine;
  const { signal } = new AbortController();

  async function expectNothingLeft(): Promise<void> {
    const dumps = await readdir(join(bench.folder, 'lib', 'qemu', 'dump'));
    expect(dumps.filter((name) => name.startsWith('memoir-'))).toEqual([]);
    expect(await readdir(hidden)).toEqual([]);
    expect(await readdir(join(bench.folder, 'state', 'captures'))).toEqual([]);
  }

  it('because it sees other folders: the dump is the same, to the bit', async () => {
    await bench.virsh('suspend', guest.uuid);
    const path = join(bench.folder, 'guests', 'far.elf');
    await bench.virsh('dump', guest.uuid, path, '--memory-only');
    const comparison = new DumpComparison(path);
    const plan = await hypervisor.plan(await find(), 'CORE_DUMP');
    await hypervisor.capture(plan, new SinkReader(plan, comparison), signal);
    expect(await bench.virsh('pool-list', '--name')).toMatch(/memoir-dumps/);
    expect(comparison.differing).toEqual([]);
    expect(comparison.pages * 4096).toBeGreaterThan(256 * 2 ** 20);
    comparison.close();
    await expectNothingLeft();
    await bench.virsh('resume', guest.uuid);
  });

  /** Refuses one path to libvirtd, as a security module would. Resolves when it does. */
  function refusing({ source }: CapturePlan): Promise<() => Promise<string>> {
    const { place } = source.options as unknown as { place: { path: string } };
    return traced(bench.libvirtd.pid, ['-P', place.path, '-e', 'trace=openat', '-e', 'inject=openat:error=EACCES']);
  }

  it.skipIf(lacks('strace'))('because it is confined: the guest’s pause is known, and it goes on', async () => {
    const plan = await hypervisor.plan(await find(), 'CORE_DUMP');
    const end = await refusing(plan);
    try {
      const reader = new InProcessReader(plan);
      const { guestPauseMs, capturedAtMs } = await hypervisor.capture(plan, reader, signal);
      expect(reader.recorder.complaints).toEqual([]);
      expect(reader.recorder.missingPages).toBe(0);
      expect(guestPauseMs).toBeGreaterThan(0);
      expect(capturedAtMs).toBeLessThan(Date.now());
    } finally {
      expect(await end()).toMatch(/memory\.fifo.*EACCES.*INJECTED/);
    }
    await expectNothingLeft();
    await expectUntouched(guest);
  });

  it('and has no room of its own either: it is said what is missing, and the guest goes on', async () => {
    const dumps = join(bench.folder, 'lib', 'qemu', 'dump');
    await bench.namespace.run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', '/var/lib/libvirt/qemu/dump']);
    const plan = await hypervisor.plan(await find(), 'CORE_DUMP');
    const capture = (): Promise<unknown> => hypervisor.capture(plan, new InProcessReader(plan), signal);
    await expect(capture()).rejects.toMatchObject({
      code: 'NO_SPACE',
      message: expect.stringMatching(/\/qemu\/dump has \d+/),
    });
    await bench.namespace.run(['umount', '/var/lib/libvirt/qemu/dump']);
    expect(await readdir(dumps)).toEqual([]);
    await expectUntouched(guest);
  });

  it('but has another pool with room: that one is taken', async () => {
    await bench.namespace.run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', '/var/lib/libvirt/qemu/dump']);
    const folder = join(bench.folder, 'guests', 'pool');
    await mkdir(folder);
    await bench.virsh('pool-create-as', 'roomy', 'dir', '--target', folder);
    const plan = await hypervisor.plan(await find(), 'CORE_DUMP');
    const reader = new InProcessReader(plan);
    await hypervisor.capture(plan, reader, signal);
    expect(reader.recorder.missingPages).toBe(0);
    expect(await readdir(folder)).toEqual([]);
    await bench.namespace.run(['umount', '/var/lib/libvirt/qemu/dump']);
    await expectUntouched(guest);
  });
});

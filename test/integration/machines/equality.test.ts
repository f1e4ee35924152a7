import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReconnectingConnection } from '../../../src/libvirt/reconnecting-connection.ts';
import type { Hypervisor } from '../../../src/machines/hypervisor.ts';
import { createLibvirtHypervisor } from '../../../src/machines/libvirt/hypervisor.ts';
import type { Machine } from '../../../src/machines/machine.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { lacksBench } from '../bench/generation.ts';
import { idle } from '../bench/programs.ts';
import { DumpComparison } from './dump-comparison.ts';
import { forcedSnapshot } from './forced-snapshot.ts';
import { SinkReader } from './sink-reader.ts';

// On a paused guest there is one truth, and `virsh dump --memory-only` shows it: both methods must agree with it to the bit.
describe.skipIf(lacksBench())('an image of a paused guest', () => {
  let bench: Bench;
  let link: ReconnectingConnection;
  let hypervisor: Hypervisor;
  const guests = [
    { name: 'q35-2cpu', machine: 'q35', memoryMiB: 256, vcpus: 2, ranges: 2 },
    { name: 'pc-1cpu', machine: 'pc', memoryMiB: 192, vcpus: 1, ranges: 2 },
    // RAM on both sides of the hole below 4 GiB: two ranges of one block.
    { name: 'q35-4gib', machine: 'q35', memoryMiB: 4096, vcpus: 1, ranges: 3 },
  ] as const;

  beforeAll(async () => {
    bench = await startBench();
    link = new ReconnectingConnection(bench.uri);
    await link.ready();
    hypervisor = await createLibvirtHypervisor({ uri: bench.uri, stateFolder: join(bench.folder, 'state') });
  }, 120_000);
  afterAll(async () => {
    await hypervisor?.close();
    await link?.close();
    await bench?.close();
  });

  async function compared(
    path: string,
    capture: (comparison: DumpComparison) => Promise<void>,
  ): Promise<DumpComparison> {
    const comparison = new DumpComparison(path);
    try {
      await capture(comparison);
      return comparison;
    } finally {
      comparison.close();
    }
  }

  it.each(guests)(
    'is what QEMU itself dumps, page by page and note by note: $name',
    { timeout: 600_000 },
    async (wanted) => {
      const guest = await bench.startGuest({ ...wanted, program: idle({ noiseMiB: 50 }) });
      await guest.waitFor(/READY/);
      await bench.virsh('suspend', guest.uuid);
      const path = join(bench.folder, 'guests', `${wanted.name}.elf`);
      await bench.virsh('dump', guest.uuid, path, '--memory-only');
      const machine = (await hypervisor.find(guest.uuid)) as Machine;

      const bySnapshot = await compared(path, async (comparison) => {
        const tail = await forcedSnapshot(link, machine, comparison);
        const { ours, theirs } = comparison.notes(tail);
        expect(ours).toHaveLength(2 * wanted.vcpus);
        expect(ours).toEqual(theirs);
        expect(tail.machine).toBe('x86_64');
      });
      const byDump = await compared(path, async (comparison) => {
        const plan = await hypervisor.plan(machine, 'CORE_DUMP');
        const reader = new SinkReader(plan, comparison);
        expect(await hypervisor.capture(plan, reader, new AbortController().signal)).toMatchObject({ guestPauseMs: 0 });
        const { ours, theirs } = comparison.notes(reader.tail as NonNullable<typeof reader.tail>);
        expect(ours).toEqual(theirs);
      });
      for (const comparison of [bySnapshot, byDump]) {
        expect(comparison.differing).toEqual([]);
        expect(comparison.layoutOf?.ranges).toEqual(comparison.ranges);
        expect(comparison.pages * 4096).toBeGreaterThanOrEqual(wanted.memoryMiB * 2 ** 20);
        expect(comparison.ranges).toHaveLength(wanted.ranges);
      }
      expect(await guest.state()).toBe('paused');
      await guest.destroy();
      await rm(path);
    },
  );
});

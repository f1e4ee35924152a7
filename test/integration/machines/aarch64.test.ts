import { randomUUID } from 'node:crypto';
import { chmod, chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { planImage } from '../../../src/dumps/pipeline/image.ts';
import { readCoreHeaders } from '../../../src/formats/elf/core-headers.ts';
import { createLibvirtHypervisor } from '../../../src/machines/libvirt/hypervisor.ts';
import type { Machine } from '../../../src/machines/machine.ts';
import type { MemoryLayout, MemoryTail } from '../../../src/machines/memory-source.ts';
import { startBench } from '../bench/bench.ts';
import { lacksBench } from '../bench/generation.ts';
import { DumpComparison } from './dump-comparison.ts';
import { SinkReader } from './sink-reader.ts';

/**
 * The path of a qemu-system-aarch64 (package qemu-system-arm), which nothing else needs: the test runs where it is named.
 */
const emulator = process.env.QEMU_AARCH64;

/** `b .`, for ever, and something to be found in memory. */
const program = Buffer.concat([Buffer.from([0, 0, 0, 0x14]), Buffer.alloc(64 * 1024, 'memory of an aarch64 guest ')]);

it.skipIf(emulator === undefined || lacksBench())(
  'an aarch64 guest is captured by core dump as QEMU would write it, and goes on (QEMU_AARCH64 names its emulator)',
  async () => {
    const bench = await startBench();
    onTestFinished(() => bench.close());
    const kernel = join(bench.folder, 'guests', 'spin.bin');
    await writeFile(kernel, program);
    await chown(kernel, 0, bench.qemu.group);
    await chmod(kernel, 0o640);
    const uuid = randomUUID();
    const definition = join(bench.folder, 'arm.xml');
    await writeFile(
      definition,
      `<domain type='qemu'><name>arm</name><uuid>${uuid}</uuid><memory unit='MiB'>64</memory><vcpu>2</vcpu>
        <os><type arch='aarch64' machine='virt'>hvm</type><kernel>${kernel}</kernel></os>
        <cpu mode='custom'><model>cortex-a57</model></cpu>
        <devices><emulator>${emulator}</emulator><controller type='usb' model='none'/><memballoon model='none'/></devices>
      </domain>`,
    );
    await bench.virsh('create', definition);
    const hypervisor = await createLibvirtHypervisor({ uri: bench.uri, stateFolder: join(bench.folder, 'state') });
    onTestFinished(() => hypervisor.close());
    const machine = (await hypervisor.find('arm')) as Machine;
    const options = await hypervisor.captureOptions(machine);
    expect(options).toMatchObject({ automatic: 'CORE_DUMP', automaticReason: expect.stringContaining('aarch64') });

    await bench.virsh('suspend', uuid);
    const path = join(bench.folder, 'guests', 'arm.elf');
    await bench.virsh('dump', uuid, path, '--memory-only');
    await bench.virsh('resume', uuid);
    const comparison = new DumpComparison(path);
    onTestFinished(() => comparison.close());
    const plan = await hypervisor.plan(machine, 'AUTO');
    const reader = new SinkReader(plan, comparison);
    await hypervisor.capture(plan, reader, new AbortController().signal);
    expect(comparison.differing).toEqual([]);
    expect(comparison.pages * 4096).toBeGreaterThanOrEqual(64 << 20);
    const tail = reader.tail as MemoryTail;
    const { theirs } = comparison.notes(tail);
    const header = planImage('ELF', comparison.layoutOf as MemoryLayout).header(tail, undefined);
    const written = readCoreHeaders(header, 1 << 20);
    expect(written).toMatchObject({ machine: 'aarch64' });
    expect('notes' in written && written.notes.map(({ desc }) => desc.length)).toEqual(
      theirs.map(({ length }) => length),
    );
    expect(tail.cpuNotes.filter(({ name, type }) => name === 'CORE' && type === 1)).toHaveLength(2);
    expect(await bench.virsh('domstate', uuid)).toBe('running');
  },
  240_000,
);

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planImage } from '../../../src/dumps/pipeline/image.ts';
import { encodeCoreHeader } from '../../../src/formats/elf/core-header.ts';
import { readCoreHeaders } from '../../../src/formats/elf/core-headers.ts';
import { CoreReader } from '../../../src/formats/elf/core-reader.ts';
import type { CoreSegment } from '../../../src/formats/elf/layout.ts';
import { planCore } from '../../../src/formats/elf/layout.ts';
import { type CoreNote, notesSize } from '../../../src/formats/elf/note.ts';
import { CorePages } from '../../../src/machines/libvirt/core-dump/core-pages.ts';
import type { MemoryLayout, MemoryTail } from '../../../src/machines/memory-source.ts';
import { MemoryRecorder } from '../../fakes/in-process-reader.ts';

const page = 4096;

/** Two ranges with a hole between them, and memory in which every third page has something in it. */
const segments: readonly CoreSegment[] = [
  { start: 0x10000n, end: BigInt(0x10000 + 7 * page), fileOffset: 1000 },
  { start: 0x100000n, end: BigInt(0x100000 + 5 * page), fileOffset: 1000 + 7 * page },
];
const memory = Buffer.alloc(12 * page);
for (let index = 0; index < 12; index += 3) memory.fill(index + 1, index * page, (index + 1) * page);
// Zero at both ends and not in the middle.
memory[5 * page + 100] = 1;

describe('the pages of a core dump', () => {
  it('are whole and in their places however the bytes come, and zero pages are told as such', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3 * page }), { minLength: 1, maxLength: 40 }), (sizes) => {
        const recorder = new MemoryRecorder(memory.length, () => undefined);
        const pages = new CorePages(recorder);
        pages.headers({ machine: 'x86_64', notes: [], segments });
        let base = 0;
        for (const segment of segments) {
          const length = Number(segment.end - segment.start);
          for (let at = 0, turn = 0; at < length; turn += 1) {
            const size = Math.min(sizes[turn % sizes.length] as number, length - at);
            pages.memory(segment, at, memory.subarray(base + at, base + at + size));
            at += size;
          }
          base += length;
        }
        expect(recorder.complaints).toEqual([]);
        expect(recorder.missingPages).toBe(0);
        expect(recorder.image?.equals(memory)).toBe(true);
        expect(recorder.zeroBytes).toBe(7 * page);
      }),
      // A byte less than a page, one more, and exactly one.
      { examples: [[[page - 1]], [[page + 1]], [[page]]] },
    );
  });

  it('that are not whole in the dump are refused', () => {
    const pages = new CorePages(new MemoryRecorder(null, () => undefined));
    const odd = [{ start: 0n, end: 5000n, fileOffset: 1000 }];
    expect(() => pages.headers({ machine: 'x86_64', notes: [], segments: odd })).toThrow(/whole pages/);
  });
});

describe('the notes of a core dump', () => {
  const note = (name: string, type: number, bytes: number, fill: number): CoreNote => ({
    name,
    type,
    desc: new Uint8Array(bytes).fill(fill),
  });
  /** As target/arm/arch_dump.c writes them: registers and floating point registers of each CPU in turn, no note of QEMU's own. */
  const arm = [note('CORE', 1, 392, 1), note('CORE', 2, 528, 2), note('CORE', 1, 392, 3), note('CORE', 2, 528, 4)];
  const x86 = [note('CORE', 1, 336, 1), note('QEMU', 0, 440, 2)];

  /** A dump with these notes, read as it comes. */
  function read(machine: 'aarch64' | 'x86_64', notes: readonly CoreNote[]): { layout: MemoryLayout; tail: MemoryTail } {
    const plan = planCore({ ranges: [{ start: 0n, end: 8192n }], notesSize: notesSize(notes), kernelText: false });
    const recorder = new MemoryRecorder(null, () => undefined);
    const pages = new CorePages(recorder);
    const reader = new CoreReader(pages);
    reader.push(encodeCoreHeader(plan, { machine, notes }));
    reader.push(new Uint8Array(8192));
    reader.end();
    return { layout: recorder.memoryLayout as MemoryLayout, tail: pages.tail() };
  }

  it('of an aarch64 guest are taken as they are: QEMU adds none of its own there', () => {
    const { layout, tail } = read('aarch64', arm);
    expect(layout).toMatchObject({ architecture: 'aarch64', cpuCount: 2 });
    const header = planImage('ELF', layout).header(tail, undefined);
    expect(readCoreHeaders(header, 1 << 20)).toMatchObject({ machine: 'aarch64', notes: arm });
  });

  it('of an x86 guest whose CPUs have not both are refused before its memory comes', () => {
    expect(() => read('x86_64', x86.slice(0, 1))).toThrow(/1 CPUs with 0 states/);
  });

  it.each([4097, 1 << 20])('leave a VMCOREINFO of %i bytes out and say so, whatever a guest put there', (bytes) => {
    const { layout, tail } = read('x86_64', [...x86, note('VMCOREINFO', 0, bytes, 0x41)]);
    expect(tail).toMatchObject({ vmcoreinfo: null, warnings: [expect.stringContaining(`${bytes} bytes is left out`)] });
    expect(readCoreHeaders(planImage('ELF', layout).header(tail, undefined), 1 << 20)).toMatchObject({ notes: x86 });
  });

  it('keep a VMCOREINFO of a page', () => {
    const { tail } = read('x86_64', [...x86, note('VMCOREINFO', 0, 4096, 0x41)]);
    expect(tail).toMatchObject({ vmcoreinfo: 'A'.repeat(4096), warnings: [] });
  });

  /** QEMU's own note of a processor: RIP at 136, the selector of CS at 152. */
  function state(rip: bigint, selector: number, bytes = 440): CoreNote {
    const desc = new Uint8Array(bytes);
    const view = new DataView(desc.buffer);
    view.setBigUint64(136, rip, true);
    view.setUint32(152, selector, true);
    return { name: 'QEMU', type: 0, desc };
  }
  const kernel = 0xffff_ffff_8000_0000n;
  const [prstatus] = x86;

  it.each([
    [state(kernel, 0x10), kernel],
    [state(kernel - 1n, 0x10), null],
    [state(0xffff_ffff_bfff_ffffn, 0x10), 0xffff_ffff_bfff_ffffn],
    [state(0xffff_ffff_c000_0000n, 0x10), null],
    [state(kernel, 0x33), null],
    [state(kernel, 0x08), kernel],
    [state(kernel, 0x10, 439), null],
  ])('tell where the kernel is by a CPU that executes it, and by no other: %#', (note, address) => {
    const { tail } = read('x86_64', [prstatus as CoreNote, note]);
    expect(tail.kernelAddress).toBe(address);
  });

  it('tell where the kernel is by any of the CPUs, and nothing for other architectures', () => {
    const two = [prstatus, prstatus, state(0x40_0000n, 0x33), state(kernel + 5n, 0x10)] as CoreNote[];
    expect(read('x86_64', two).tail.kernelAddress).toBe(kernel + 5n);
    expect(read('aarch64', [...arm, state(kernel, 0)]).tail.kernelAddress).toBeNull();
  });
});

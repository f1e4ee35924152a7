import { encodeCoreHeader } from '../../formats/elf/core-header.ts';
import { kernelText } from '../../formats/elf/kernel-text.ts';
import { planCore } from '../../formats/elf/layout.ts';
import { VMCOREINFO_NOTE_MAX, type Vmcoreinfo, vmcoreinfoNote } from '../../formats/elf/vmcoreinfo.ts';
import type { MemoryLayout, MemoryTail } from '../../machines/memory-source.ts';
import type { ImageFormat } from '../dump-request.ts';

/**
 * A form of the memory image: what stands in the file before and between the guest's memory. The memory itself is in the
 * file in ascending order of addresses, range by range, as it is.
 */
export interface Image {
  /** Bytes before the memory; filled in last, because registers are known last. 0 if there are none. */
  readonly headerBytes: number;
  /** Zeros in the file before each range of the layout. */
  readonly gapsBefore: readonly number[];
  /** Size of the whole image, uncompressed. */
  readonly totalBytes: number;
  /** Exactly `headerBytes` bytes. `vmcoreinfo` is what the guest's kernel says of itself, if that is known. */
  header(tail: MemoryTail, vmcoreinfo: Vmcoreinfo | undefined): Uint8Array;
}

export function planImage(format: ImageFormat, layout: MemoryLayout): Image {
  return format === 'ELF' ? elfImage(layout) : rawImage(layout);
}

/** An ELF core: one PT_LOAD per range, the CPUs' notes and the kernel's VMCOREINFO in front, its text mapped if it is known. */
function elfImage(layout: MemoryLayout): Image {
  const notesSize = layout.cpuNotesBytes + VMCOREINFO_NOTE_MAX;
  const core = planCore({ ranges: layout.ranges, notesSize, kernelText: true });
  const textOf = (info: Vmcoreinfo | undefined) =>
    layout.architecture === 'x86_64' && info !== undefined ? kernelText(info) : undefined;
  return {
    headerBytes: core.headerSize,
    // Ranges are whole pages, so they lie in the file without padding between them.
    gapsBefore: layout.ranges.map(() => 0),
    totalBytes: core.size,
    header: (tail, info) =>
      encodeCoreHeader(core, {
        machine: tail.machine,
        notes: [...tail.cpuNotes, ...(info === undefined ? [] : [vmcoreinfoNote(info.text)])],
        kernelText: textOf(info),
      }),
  };
}

/** Flat physical memory: every byte at its address, holes as zeros, no header. */
function rawImage(layout: MemoryLayout): Image {
  let end = 0n;
  let totalBytes = 0;
  const gapsBefore = layout.ranges.map((range) => {
    const gap = Number(range.start - end);
    end = range.end;
    totalBytes += gap + Number(range.end - range.start);
    return gap;
  });
  return { headerBytes: 0, gapsBefore, totalBytes, header: () => new Uint8Array(0) };
}

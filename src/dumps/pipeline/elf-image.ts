import { encodeCoreHeader } from '../../formats/elf/core-header.ts';
import { kernelText } from '../../formats/elf/kernel-text.ts';
import { planCore } from '../../formats/elf/layout.ts';
import { VMCOREINFO_NOTE_MAX, type Vmcoreinfo, vmcoreinfoNote } from '../../formats/elf/vmcoreinfo.ts';
import type { MemoryLayout } from '../../machines/memory-source.ts';
import type { Image } from './image.ts';

/** An ELF core: one PT_LOAD per range, the CPUs' notes and the kernel's VMCOREINFO in front, its text mapped if it is known. */
export function elfImage(layout: MemoryLayout): Image {
  const notesSize = layout.cpuNotesBytes + VMCOREINFO_NOTE_MAX;
  const core = planCore({ ranges: layout.ranges, notesSize, kernelText: true });
  return {
    headerBytes: core.headerSize,
    // Ranges are whole pages, so they lie in the file without padding between them.
    gapsBefore: layout.ranges.map(() => 0),
    totalBytes: core.size,
    header: (tail, info) =>
      encodeCoreHeader(core, {
        machine: tail.machine,
        notes: [...tail.cpuNotes, ...(info === undefined ? [] : [vmcoreinfoNote(info.text)])],
        kernelText: textOf(layout, info),
      }),
  };
}

function textOf({ architecture }: MemoryLayout, info: Vmcoreinfo | undefined) {
  return architecture === 'x86_64' && info !== undefined ? kernelText(info) : undefined;
}

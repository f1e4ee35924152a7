import {
  EHDR64_SIZE,
  ELF_CLASS_64,
  ELF_LITTLE_ENDIAN,
  ELF_MAGIC,
  ELF_VERSION,
  ET_CORE,
  type Machine,
  machineNumbers,
  PHDR64_SIZE,
  PT_LOAD,
  PT_NOTE,
} from './elf-format.ts';
import type { KernelText } from './kernel-text.ts';
import type { CoreLayout } from './layout.ts';
import { type CoreNote, notesSize, writeNotes } from './note.ts';

export interface CoreHeaderContent {
  readonly machine: Machine;
  readonly notes: readonly CoreNote[];
  /** Where the kernel's text is mapped, if that is known and the layout has a slot for it. */
  readonly kernelText?: KernelText | undefined;
}

/**
 * Makes the bytes in front of the memory, `layout.headerSize` of them, when the notes are known:
 *
 *     ELF header · PT_NOTE · one PT_LOAD per range · [PT_LOAD of the kernel's text] · notes · zeros up to the page
 *
 * Everything is counted exactly (e_phnum, p_filesz of the notes), so room that stays unused is behind the last note,
 * where no reader looks; crash reads notes in front of the memory only, and takes every program header behind the first
 * one for a PT_LOAD. Notes that do not fit into the layout's room are a RangeError.
 */
export function encodeCoreHeader(layout: CoreLayout, { machine, notes, kernelText }: CoreHeaderContent): Uint8Array {
  const size = notesSize(notes);
  if (size > layout.notesRoom) throw new RangeError(`${size} bytes of notes, and room for ${layout.notesRoom}`);
  const textHeader = kernelText && kernelTextHeader(layout, kernelText);

  const headers: ProgramHeader[] = [
    { type: PT_NOTE, offset: 0, virtual: 0n, physical: 0n, size: BigInt(size) },
    ...layout.segments.map(({ start, end, fileOffset }) => ({
      type: PT_LOAD,
      offset: fileOffset,
      // QEMU's own images without paging have the physical address in both; readers of such images expect it.
      virtual: start,
      physical: start,
      size: end - start,
    })),
    ...(textHeader ? [textHeader] : []),
  ];
  const notesOffset = EHDR64_SIZE + headers.length * PHDR64_SIZE;
  (headers[0] as ProgramHeader).offset = notesOffset;

  const bytes = new Uint8Array(layout.headerSize);
  const view = new DataView(bytes.buffer);
  writeElfHeader(view, machine, headers.length);
  for (const [i, header] of headers.entries()) writeProgramHeader(view, EHDR64_SIZE + i * PHDR64_SIZE, header);
  writeNotes(bytes.subarray(notesOffset), notes);
  return bytes;
}

interface ProgramHeader {
  readonly type: number;
  offset: number;
  readonly virtual: bigint;
  readonly physical: bigint;
  readonly size: bigint;
}

/** The program header of the kernel's text: a second view of bytes that lie in the image already. */
function kernelTextHeader(layout: CoreLayout, text: KernelText): ProgramHeader | undefined {
  if (!layout.kernelTextSlot) throw new RangeError('the layout has no program header for the kernel text');
  const segment = layout.segmentAt(text.physical);
  if (segment === undefined) return undefined; // the text is not in this memory: then there is nothing to map
  const room = segment.end - text.physical;
  return {
    type: PT_LOAD,
    offset: segment.fileOffset + Number(text.physical - segment.start),
    virtual: text.virtual,
    physical: text.physical,
    size: text.size < room ? text.size : room,
  };
}

function writeElfHeader(view: DataView, machine: Machine, programHeaders: number): void {
  view.setUint32(0, ELF_MAGIC, true); // e_ident: magic
  view.setUint8(4, ELF_CLASS_64); //          class
  view.setUint8(5, ELF_LITTLE_ENDIAN); //     byte order
  view.setUint8(6, ELF_VERSION); //           version; the system and its version stay 0 (System V)
  view.setUint16(16, ET_CORE, true); // e_type
  view.setUint16(18, machineNumbers[machine], true); // e_machine
  view.setUint32(20, ELF_VERSION, true); // e_version
  view.setBigUint64(24, 0n, true); // e_entry: none
  view.setBigUint64(32, BigInt(EHDR64_SIZE), true); // e_phoff: right behind this header
  view.setBigUint64(40, 0n, true); // e_shoff: no section headers
  view.setUint32(48, 0, true); // e_flags
  view.setUint16(52, EHDR64_SIZE, true); // e_ehsize
  view.setUint16(54, PHDR64_SIZE, true); // e_phentsize
  view.setUint16(56, programHeaders, true); // e_phnum
  view.setUint16(58, 0, true); // e_shentsize
  view.setUint16(60, 0, true); // e_shnum
  view.setUint16(62, 0, true); // e_shstrndx
}

function writeProgramHeader(view: DataView, at: number, header: ProgramHeader): void {
  view.setUint32(at, header.type, true); // p_type
  view.setUint32(at + 4, 0, true); // p_flags: memory has no rights of its own
  view.setBigUint64(at + 8, BigInt(header.offset), true); // p_offset
  view.setBigUint64(at + 16, header.virtual, true); // p_vaddr
  view.setBigUint64(at + 24, header.physical, true); // p_paddr
  view.setBigUint64(at + 32, header.size, true); // p_filesz
  view.setBigUint64(at + 40, header.size, true); // p_memsz: the same; Volatility 3 drops segments where it is not
  // p_align 0, as QEMU has it: by that crash tells a dump of a hypervisor from a netdump when data is page-aligned.
  view.setBigUint64(at + 48, 0n, true);
}

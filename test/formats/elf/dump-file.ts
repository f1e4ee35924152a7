import { type CoreNote, notesSize, writeNotes } from '../../../src/formats/elf/note.ts';

export interface DumpFile {
  readonly elfClass: 32 | 64;
  readonly machine: number;
  readonly notes: readonly CoreNote[];
  readonly memory: readonly { readonly address: bigint; readonly bytes: Uint8Array }[];
  /** Write the number of program headers the way it is written when it does not fit into its field. */
  readonly extendedCount?: boolean;
}

/**
 * The file that QEMU's dump-guest-memory writes (dump/dump.c since 7.1): two section headers behind the ELF header,
 * whose e_ehsize is 8; program headers; notes; memory without alignment; the table of section names at the end.
 */
export function dumpFile({ elfClass, machine, notes, memory, extendedCount = false }: DumpFile): Buffer {
  const wide = elfClass === 64;
  const [ehdr, shdr, phdr] = wide ? [64, 64, 56] : [52, 40, 32];
  const phoff = ehdr + 2 * shdr;
  const count = 1 + memory.length;
  const notesOffset = phoff + count * phdr;
  const noteBytes = notesSize(notes);
  const head = Buffer.alloc(notesOffset + noteBytes);
  const put = (at: number, value: number | bigint): void => {
    if (wide) head.writeBigUInt64LE(BigInt(value), at);
    else head.writeUInt32LE(Number(value), at);
  };

  head.write('\x7fELF', 'latin1');
  head.set([wide ? 2 : 1, 1, 1], 4);
  head.writeUInt16LE(4, 16);
  head.writeUInt16LE(machine, 18);
  head.writeUInt32LE(1, 20);
  put(wide ? 32 : 28, phoff);
  put(wide ? 40 : 32, ehdr); // e_shoff
  const tail = wide ? 52 : 40;
  head.writeUInt16LE(8, tail); // e_ehsize, as QEMU writes it
  head.writeUInt16LE(phdr, tail + 2);
  head.writeUInt16LE(extendedCount ? 0xffff : count, tail + 4);
  head.writeUInt16LE(shdr, tail + 6);
  head.writeUInt16LE(2, tail + 8);
  head.writeUInt16LE(1, tail + 10);
  if (extendedCount) head.writeUInt32LE(count, ehdr + (wide ? 44 : 28)); // sh_info of section header 0

  const program = (i: number, type: number, offset: number, address: bigint, size: number): void => {
    const at = phoff + i * phdr;
    head.writeUInt32LE(type, at);
    const fields: (number | bigint)[] = [offset, address, address, size, size];
    for (const [n, value] of fields.entries()) put(at + (wide ? 8 + n * 8 : 4 + n * 4), value);
  };
  program(0, 4, notesOffset, 0n, noteBytes);
  let offset = notesOffset + noteBytes;
  for (const [i, { address, bytes }] of memory.entries()) {
    program(i + 1, 1, offset, address, bytes.length);
    offset += bytes.length;
  }
  writeNotes(head.subarray(notesOffset), notes);
  return Buffer.concat([head, ...memory.map(({ bytes }) => bytes), Buffer.from('\0.shstrtab\0')]);
}

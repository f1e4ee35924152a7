import { FormatError } from '../format-error.ts';
import {
  EHDR64_SIZE,
  ELF_CLASS_32,
  ELF_CLASS_64,
  ELF_LITTLE_ENDIAN,
  ELF_MAGIC,
  ET_CORE,
  type Machine,
  machineNumbers,
  PHDR32_SIZE,
  PHDR64_SIZE,
  PN_XNUM,
  PT_LOAD,
  PT_NOTE,
} from './elf-format.ts';
import type { CoreSegment } from './layout.ts';
import { type CoreNote, readNotes } from './note.ts';

/** The most program headers that are read; QEMU writes one per range of guest memory, usually fewer than ten. */
const PROGRAM_HEADERS_MAX = 1 << 18;

/** What stands in front of the memory of a core file. */
export interface CoreHeaders {
  readonly machine: Machine;
  readonly notes: readonly CoreNote[];
  /** In the order of the file. */
  readonly segments: readonly CoreSegment[];
}

/** The headers are not all there: as many bytes from the start of the file are needed before it is worth another try. */
export interface MoreNeeded {
  readonly needed: number;
}

/**
 * Reads the headers of a memory-only dump out of the first bytes of its file. Both classes are read: QEMU writes ELF32
 * for an x86 guest that is not in long mode and has less than 4 GiB. What QEMU's dumps do not have is refused: notes
 * behind the memory, segments that overlap or are not whole. More than `limit` bytes of headers are TOO_LARGE.
 */
export function readCoreHeaders(bytes: Uint8Array, limit: number): CoreHeaders | MoreNeeded {
  if (bytes.length < EHDR64_SIZE) return { needed: EHDR64_SIZE };
  const elf = new ElfView(bytes);
  const machine = readIdentity(elf);

  const tableOffset = elf.offsetAt(elf.wide ? 32 : 28); // e_phoff
  const entrySize = elf.wide ? PHDR64_SIZE : PHDR32_SIZE;
  if (elf.half(elf.wide ? 54 : 42) !== entrySize) throw new FormatError('CORRUPT', 54, 'wrong size of program headers');
  let count = elf.half(elf.wide ? 56 : 44); // e_phnum
  if (count === PN_XNUM) {
    const sectionInfo = elf.offsetAt(elf.wide ? 40 : 32) + (elf.wide ? 44 : 28); // sh_info of section header 0, at e_shoff
    if (sectionInfo + 4 > limit)
      throw new FormatError('TOO_LARGE', sectionInfo, 'section headers too far into the file');
    if (sectionInfo + 4 > bytes.length) return { needed: sectionInfo + 4 };
    count = elf.word(sectionInfo);
  }
  // e_ehsize is not looked at: QEMU writes 8 into it.
  const tableEnd = tableOffset + count * entrySize;
  if (tableEnd > limit || count > PROGRAM_HEADERS_MAX)
    throw new FormatError('TOO_LARGE', tableOffset, `${count} program headers`);
  if (tableEnd > bytes.length) return { needed: tableEnd };

  const headers = Array.from({ length: count }, (_, i) => readProgramHeader(elf, tableOffset + i * entrySize));
  const noteHeaders = headers.filter(({ type, fileSize }) => type === PT_NOTE && fileSize > 0);
  const end = noteHeaders.reduce((last, header) => Math.max(last, header.offset + header.fileSize), tableEnd);
  if (end > limit) throw new FormatError('TOO_LARGE', tableOffset, `headers and notes of ${end} bytes`);
  const segments = readSegments(headers, end);
  if (end > bytes.length) return { needed: end };
  const notes = noteHeaders.flatMap(({ offset, fileSize }) =>
    readNotes(bytes.subarray(offset, offset + fileSize), offset),
  );
  return { machine, notes, segments };
}

interface ProgramHeader {
  readonly at: number;
  readonly type: number;
  readonly offset: number;
  readonly physical: bigint;
  readonly fileSize: number;
  readonly memorySize: number;
}

function readIdentity(elf: ElfView): Machine {
  if (elf.word(0) !== ELF_MAGIC) throw new FormatError('CORRUPT', 0, 'not an ELF file');
  const elfClass = elf.byte(4);
  if (elfClass !== ELF_CLASS_64 && elfClass !== ELF_CLASS_32) throw new FormatError('CORRUPT', 4, 'unknown ELF class');
  if (elf.byte(5) !== ELF_LITTLE_ENDIAN) throw new FormatError('UNSUPPORTED', 5, 'not a little-endian guest');
  if (elf.half(16) !== ET_CORE) throw new FormatError('UNSUPPORTED', 16, 'an ELF file, but not a core');
  const number = elf.half(18);
  const known = (Object.keys(machineNumbers) as Machine[]).find((name) => machineNumbers[name] === number);
  if (known === undefined) throw new FormatError('UNSUPPORTED', 18, `a guest of machine ${number}`);
  return known;
}

function readProgramHeader(elf: ElfView, at: number): ProgramHeader {
  const type = elf.word(at);
  return elf.wide
    ? {
        at,
        type,
        offset: elf.offsetAt(at + 8),
        physical: elf.long(at + 24),
        fileSize: elf.offsetAt(at + 32),
        memorySize: elf.offsetAt(at + 40),
      }
    : {
        at,
        type,
        offset: elf.word(at + 4),
        physical: BigInt(elf.word(at + 12)),
        fileSize: elf.word(at + 16),
        memorySize: elf.word(at + 20),
      };
}

function readSegments(headers: readonly ProgramHeader[], headersEnd: number): CoreSegment[] {
  let end = headersEnd;
  return headers
    .filter(({ type, memorySize }) => type === PT_LOAD && memorySize > 0)
    .sort((a, b) => a.offset - b.offset)
    .map(({ at, offset, physical, fileSize, memorySize }): CoreSegment => {
      if (fileSize !== memorySize) throw new FormatError('UNSUPPORTED', at, 'a segment that is not whole');
      if (offset < end) throw new FormatError('UNSUPPORTED', at, 'memory that overlaps, or lies before the notes');
      end = offset + fileSize;
      if (!Number.isSafeInteger(end)) throw new FormatError('CORRUPT', at, 'a segment without end');
      return { start: physical, end: physical + BigInt(memorySize), fileOffset: offset };
    });
}

/** Little-endian numbers of an ELF file by their name in the ABI. */
class ElfView {
  readonly wide: boolean;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.wide = bytes[4] === ELF_CLASS_64;
  }

  byte(at: number): number {
    return this.#view.getUint8(at);
  }

  half(at: number): number {
    return this.#view.getUint16(at, true);
  }

  word(at: number): number {
    return this.#view.getUint32(at, true);
  }

  long(at: number): bigint {
    return this.#view.getBigUint64(at, true);
  }

  /** An offset or a size, which is 4 or 8 bytes by the class. */
  offsetAt(at: number): number {
    const value = this.wide ? Number(this.long(at)) : this.word(at);
    if (!Number.isSafeInteger(value)) throw new FormatError('CORRUPT', at, `an offset of ${value}`);
    return value;
  }
}

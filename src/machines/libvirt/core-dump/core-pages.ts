import type { CoreHeaders } from '../../../formats/elf/core-headers.ts';
import type { CoreVisitor } from '../../../formats/elf/core-reader.ts';
import type { CoreSegment } from '../../../formats/elf/layout.ts';
import { notesSize } from '../../../formats/elf/note.ts';
import { VMCOREINFO_TEXT_MAX } from '../../../formats/elf/vmcoreinfo.ts';
import { FormatError } from '../../../formats/format-error.ts';
import { type MemorySink, type MemoryTail, pageBytes } from '../../memory-source.ts';

const vmcoreinfoName = 'VMCOREINFO';
const zeroPage = Buffer.alloc(pageBytes);

/** Takes a core dump apart into the pages of a memory image, whole pages at a time, zero pages as such. */
export class CorePages implements CoreVisitor {
  readonly #sink: MemorySink;
  readonly #imageOffsets = new Map<CoreSegment, number>();
  readonly #part = Buffer.alloc(pageBytes);
  #partBytes = 0;
  #headers: CoreHeaders | undefined;

  constructor(sink: MemorySink) {
    this.#sink = sink;
  }

  headers(headers: CoreHeaders): void {
    this.#headers = headers;
    const { machine } = headers;
    this.#checkCpus(headers);
    const segments = [...headers.segments].sort((a, b) => (a.start < b.start ? -1 : 1));
    let imageOffset = 0;
    for (const segment of segments) {
      if (segment.start % BigInt(pageBytes) !== 0n || segment.end % BigInt(pageBytes) !== 0n)
        throw new FormatError('UNSUPPORTED', segment.fileOffset, 'a segment that is not in whole pages');
      this.#imageOffsets.set(segment, imageOffset);
      imageOffset += Number(segment.end - segment.start);
    }
    this.#sink.layout({
      architecture: machine === 'aarch64' ? 'aarch64' : 'x86_64',
      ranges: segments.map(({ start, end }) => ({ start, end })),
      cpuCount: this.#statuses.length,
      cpuNotesBytes: notesSize(this.#cpuNotes),
    });
  }

  /** Bytes of a segment come in order, so that at most one page is in pieces at any time. */
  memory(segment: CoreSegment, offset: number, bytes: Uint8Array): void {
    const base = this.#imageOffsets.get(segment) as number;
    let at = 0;
    if (this.#partBytes > 0) {
      at = Math.min(bytes.length, pageBytes - this.#partBytes);
      this.#part.set(bytes.subarray(0, at), this.#partBytes);
      this.#partBytes += at;
      if (this.#partBytes < pageBytes) return;
      this.#partBytes = 0;
      this.#pages(base + offset + at - pageBytes, this.#part);
    }
    const whole = at + Math.floor((bytes.length - at) / pageBytes) * pageBytes;
    if (whole > at) this.#pages(base + offset + at, bytes.subarray(at, whole));
    if (whole < bytes.length) {
      this.#part.set(bytes.subarray(whole));
      this.#partBytes = bytes.length - whole;
    }
  }

  /** What the headers say of the CPUs; to be asked for when all memory has come. */
  tail(): MemoryTail {
    const { machine, notes } = this.#headers as CoreHeaders;
    const info = notes.find(({ name }) => name === vmcoreinfoName);
    const isTooLong = info !== undefined && info.desc.length > VMCOREINFO_TEXT_MAX;
    const states = notes.filter(({ name }) => name === 'QEMU').map(({ desc }) => desc);
    return {
      machine,
      cpuNotes: this.#cpuNotes,
      vmcoreinfo:
        info === undefined || isTooLong ? null : Buffer.from(info.desc).toString('latin1').replace(/\0+$/, ''),
      kernelAddress: machine === 'x86_64' ? kernelAddress(states) : null,
      warnings: isTooLong
        ? [`The guest’s VMCOREINFO note of ${info.desc.length} bytes is left out: a kernel’s has at most one page`]
        : [],
    };
  }

  get #statuses() {
    const ntPrstatus = 1;
    return (this.#headers?.notes ?? []).filter(({ name, type }) => name === 'CORE' && type === ntPrstatus);
  }

  /** Every architecture has its own; what is not a CPU's is the kernel's. */
  get #cpuNotes() {
    return (this.#headers?.notes ?? []).filter(({ name }) => name !== vmcoreinfoName);
  }

  /** QEMU writes a note of its own for each CPU of an x86 guest (target/i386/arch_dump.c), and none for any other. */
  #checkCpus({ machine, notes }: CoreHeaders): void {
    if (machine === 'aarch64') return;
    const states = notes.filter(({ name }) => name === 'QEMU').length;
    if (states !== this.#statuses.length)
      throw new FormatError('CORRUPT', 0, `${this.#statuses.length} CPUs with ${states} states`);
  }

  /** Whole pages at an offset of the image; runs of zero pages are told apart from the rest. */
  #pages(offset: number, bytes: Uint8Array): void {
    let start = 0;
    let zero = isZero(bytes, 0);
    for (let at = pageBytes; at <= bytes.length; at += pageBytes) {
      const next = at < bytes.length ? isZero(bytes, at) : !zero;
      if (next === zero) continue;
      if (zero) this.#sink.zero(offset + start, at - start);
      else this.#sink.data(offset + start, bytes.subarray(start, at));
      start = at;
      zero = next;
    }
  }
}

function isZero(bytes: Uint8Array, at: number): boolean {
  // Most pages with content show it in their first word or last; only then is the whole page compared.
  if (bytes[at] !== 0 || bytes[at + pageBytes - 1] !== 0) return false;
  return zeroPage.compare(bytes, at, at + pageBytes) === 0;
}

/** The image of an x86-64 Linux kernel is mapped from here on (Documentation/arch/x86/x86_64/mm.rst), modules behind it. */
const kernelImage = { start: 0xffff_ffff_8000_0000n, end: 0xffff_ffff_c000_0000n };

/** RIP of a CPU that runs in the kernel: QEMUCPUState has it at 136, the selector of CS at 152 (target/i386/arch_dump.c). */
function kernelAddress(states: readonly Uint8Array[]): bigint | null {
  for (const state of states) {
    if (state.length < 440) continue;
    const view = new DataView(state.buffer, state.byteOffset, state.byteLength);
    const rip = view.getBigUint64(136, true);
    const ring = view.getUint32(152, true) & 3;
    if (ring === 0 && rip >= kernelImage.start && rip < kernelImage.end) return rip;
  }
  return null;
}

import { closeSync, openSync, readSync } from 'node:fs';
import { readCoreHeaders } from '../../../src/formats/elf/core-headers.ts';
import type { CoreSegment } from '../../../src/formats/elf/layout.ts';
import type { CoreNote } from '../../../src/formats/elf/note.ts';
import { type MemoryLayout, type MemorySink, type MemoryTail, pageBytes } from '../../../src/machines/memory-source.ts';

/** Compares what a capture brings, as it comes, with a file that `virsh dump --memory-only` made of the same paused guest. */
export class DumpComparison implements MemorySink {
  /** Pages that were compared, and guest-physical addresses of those that differ. */
  pages = 0;
  readonly differing: string[] = [];
  layoutOf: MemoryLayout | undefined;
  readonly #file: number;
  readonly #segments: readonly CoreSegment[];
  readonly #notes: readonly CoreNote[];
  readonly #theirs = Buffer.alloc(1024 * 1024);
  readonly #zeros = Buffer.alloc(pageBytes);

  constructor(path: string) {
    this.#file = openSync(path, 'r');
    const front = Buffer.alloc(1024 * 1024);
    const size = readSync(this.#file, front, 0, front.length, 0);
    const headers = readCoreHeaders(front.subarray(0, size), front.length);
    if ('needed' in headers) throw new Error(`${path} has ${headers.needed} bytes of headers`);
    this.#segments = headers.segments;
    this.#notes = headers.notes;
  }

  get ranges(): { start: bigint; end: bigint }[] {
    return this.#segments.map(({ start, end }) => ({ start, end }));
  }

  layout(layout: MemoryLayout): void {
    this.layoutOf = layout;
  }

  data(offset: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += pageBytes) this.#compare(offset + at, bytes.subarray(at, at + pageBytes));
  }

  zero(offset: number, length: number): void {
    for (let at = 0; at < length; at += pageBytes) this.#compare(offset + at, this.#zeros);
  }

  received(): void {}

  /** The notes of the CPUs as QEMU itself wrote them, beside ours. */
  notes(tail: MemoryTail): { ours: Buffer[]; theirs: Buffer[] } {
    const ours = tail.cpuNotes.map(({ desc }) => desc);
    const theirs = this.#notes.filter(({ name }) => name === 'CORE' || name === 'QEMU').map(({ desc }) => desc);
    return { ours: ours.map((bytes) => Buffer.from(bytes)), theirs: theirs.map((bytes) => Buffer.from(bytes)) };
  }

  close(): void {
    closeSync(this.#file);
  }

  #compare(offset: number, ours: Uint8Array): void {
    let left = offset;
    for (const { start, end } of this.layoutOf?.ranges ?? []) {
      const length = Number(end - start);
      if (left >= length) {
        left -= length;
        continue;
      }
      const address = start + BigInt(left);
      const segment = this.#segments.find((one) => one.start <= address && address < one.end);
      const theirs = this.#theirs.subarray(0, pageBytes);
      const at = segment && segment.fileOffset + Number(address - segment.start);
      if (
        at === undefined ||
        readSync(this.#file, theirs, 0, pageBytes, at) !== pageBytes ||
        theirs.compare(ours) !== 0
      )
        this.differing.push(`0x${address.toString(16)}`);
      this.pages += 1;
      return;
    }
  }
}

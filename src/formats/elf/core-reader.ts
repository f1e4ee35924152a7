import { FormatError } from '../format-error.ts';
import { type CoreHeaders, readCoreHeaders } from './core-headers.ts';
import { EHDR64_SIZE } from './elf-format.ts';
import type { CoreSegment } from './layout.ts';

/** Takes what a `CoreReader` finds. What a method throws ends the reader: it comes out of `push`. */
export interface CoreVisitor {
  /** Once, before any memory. */
  headers(headers: CoreHeaders): void;
  /**
   * The next bytes of a segment, `offset` bytes into it; every byte once, in the order of the file. `bytes` is a view
   * that is valid during the call only.
   */
  memory(segment: CoreSegment, offset: number, bytes: Uint8Array): void;
}

export interface CoreReaderLimits {
  /** The most bytes of headers and notes that are kept; 32 MiB unless told. A processor has about 1 KiB of notes. */
  readonly headerBytes?: number;
}

/**
 * Reads the file of a memory-only dump as it comes (`virsh dump --memory-only`), in pieces of any size. Keeps the
 * headers, nothing else. After an error it is of no use.
 */
export class CoreReader {
  readonly #visitor: CoreVisitor;
  readonly #limit: number;
  #front = new Uint8Array(EHDR64_SIZE);
  #frontSize = 0;
  #needed = EHDR64_SIZE;
  #segments: readonly CoreSegment[] | undefined;
  #current = 0;
  #position = 0;

  constructor(visitor: CoreVisitor, { headerBytes = 32 * 1024 * 1024 }: CoreReaderLimits = {}) {
    this.#visitor = visitor;
    this.#limit = headerBytes;
  }

  /** Reads the next bytes of the file; throws a FormatError if they are not those of a dump. */
  push(chunk: Uint8Array): void {
    let rest = chunk;
    while (this.#segments === undefined) {
      const taken = Math.min(rest.length, this.#needed - this.#frontSize);
      this.#keep(rest.subarray(0, taken));
      rest = rest.subarray(taken);
      if (this.#frontSize < this.#needed) return;
      this.#readFront();
    }
    this.#readMemory(rest, this.#segments);
  }

  /** Tells it that the file has ended; throws a FormatError if something of it is missing. */
  end(): void {
    if (this.#segments === undefined)
      throw new FormatError('TRUNCATED', this.#frontSize, 'the dump ends within its headers');
    const missing = this.#segments[this.#current];
    if (missing !== undefined)
      throw new FormatError('TRUNCATED', this.#position, `the dump ends before the memory up to ${missing.end}`);
  }

  #keep(bytes: Uint8Array): void {
    if (this.#front.length < this.#needed) {
      // Doubled, so that a file which names its needs one by one is not copied as often.
      const grown = new Uint8Array(Math.max(this.#needed, this.#front.length * 2));
      grown.set(this.#front.subarray(0, this.#frontSize));
      this.#front = grown;
    }
    this.#front.set(bytes, this.#frontSize);
    this.#frontSize += bytes.length;
  }

  #readFront(): void {
    const front = this.#front.subarray(0, this.#frontSize);
    const headers = readCoreHeaders(front, this.#limit);
    if ('needed' in headers) {
      this.#needed = headers.needed;
      return;
    }
    this.#segments = headers.segments;
    this.#visitor.headers(headers);
    // Nothing of the memory is among the bytes that were kept: `needed` never goes beyond the last note.
    this.#position = this.#frontSize;
  }

  #readMemory(chunk: Uint8Array, segments: readonly CoreSegment[]): void {
    let at = 0;
    while (at < chunk.length) {
      const segment = segments[this.#current];
      if (segment === undefined) break; // the table of section names, and whatever else follows the memory
      const offset = this.#position - segment.fileOffset;
      if (offset < 0) {
        const skipped = Math.min(-offset, chunk.length - at); // padding in front of the segment
        at += skipped;
        this.#position += skipped;
        continue;
      }
      const size = Number(segment.end - segment.start);
      const bytes = chunk.subarray(at, at + size - offset);
      at += bytes.length;
      this.#position += bytes.length;
      if (offset + bytes.length === size) this.#current++;
      this.#visitor.memory(segment, offset, bytes);
    }
    this.#position += chunk.length - at;
  }
}

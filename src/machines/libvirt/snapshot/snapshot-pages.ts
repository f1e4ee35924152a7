import { FormatError } from '../../../formats/format-error.ts';
import { type GuestRange, guestMemory } from '../../../formats/qemu-migration/guest-memory.ts';
import type { MemoryRegion } from '../../../formats/qemu-migration/memory-tree.ts';
import type { RamBlock } from '../../../formats/qemu-migration/ram-blocks.ts';
import type { PageVisitor } from '../../../formats/qemu-migration/ram-records.ts';
import { type MemoryRange, type MemorySink, pageBytes } from '../../memory-source.ts';

/** A piece of a block and where it lies in the image. Bytes; half-open. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly imageOffset: number;
  readonly address: bigint;
}

/** Takes a page together with its guest-physical address. */
export type PageWitness = (address: bigint, bytes: Uint8Array) => void;

/**
 * Puts the pages of a migration stream, which are named by block and offset, where they belong in the memory image. A part
 * of a block that the guest does not see is dropped; one that it sees twice (a BIOS has two places) is passed twice.
 */
export class SnapshotPages implements PageVisitor {
  readonly ranges: readonly MemoryRange[];
  readonly #sink: MemorySink;
  readonly #witness: PageWitness;
  /** By the block's index, ascending by start. */
  readonly #pieces: readonly (readonly Piece[])[];
  /** Zero pages that follow each other are passed on as one stretch. */
  #zeroStart = 0;
  #zeroEnd = 0;

  constructor(regions: readonly MemoryRegion[], blocks: readonly RamBlock[], sink: MemorySink, witness: PageWitness) {
    this.#sink = sink;
    this.#witness = witness;
    const found = guestMemory(regions, blocks);
    this.ranges = found.map(({ start, end }) => ({ start, end }));
    const pieces: Piece[][] = blocks.map(() => []);
    let imageOffset = 0;
    for (const range of found) {
      checkAligned(range);
      const length = Number(range.end - range.start);
      pieces[range.block.index]?.push({
        start: range.offset,
        end: range.offset + length,
        imageOffset,
        address: range.start,
      });
      imageOffset += length;
    }
    this.#pieces = pieces;
  }

  page(block: RamBlock, offset: number, bytes: Uint8Array): void {
    if (this.#zeroEnd > this.#zeroStart) this.flush();
    for (const piece of this.#pieces[block.index] ?? []) {
      if (offset < piece.start || offset >= piece.end) continue;
      const inside = offset - piece.start;
      this.#sink.data(piece.imageOffset + inside, bytes);
      // VMCOREINFO's note begins with the length of its name, "VMCOREINFO" and a NUL: 11.
      if (bytes[0] === 11) this.#witness(piece.address + BigInt(inside), bytes);
    }
  }

  zero(block: RamBlock, offset: number): void {
    for (const piece of this.#pieces[block.index] ?? []) {
      if (offset < piece.start || offset >= piece.end) continue;
      const at = piece.imageOffset + offset - piece.start;
      if (at !== this.#zeroEnd) {
        this.flush();
        this.#zeroStart = at;
      }
      this.#zeroEnd = at + pageBytes;
    }
  }

  /** Passes on the zeros that are held back; to be called at the end of every chunk. */
  flush(): void {
    if (this.#zeroEnd > this.#zeroStart) this.#sink.zero(this.#zeroStart, this.#zeroEnd - this.#zeroStart);
    this.#zeroStart = this.#zeroEnd;
  }
}

function checkAligned({ start, end, offset }: GuestRange): void {
  const page = BigInt(pageBytes);
  if (start % page !== 0n || end % page !== 0n || offset % pageBytes !== 0)
    throw new FormatError('UNSUPPORTED', 0, `memory at 0x${start.toString(16)} that is not in whole pages`);
}

import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { byteAt, wordAt } from './columns.ts';

const blockBits = 16;
const blockNumbers = 2 ** blockBits;
const blockMask = blockNumbers - 1;
const uint32Max = 0xffff_ffff;

/** Columns with more numbers than this are kept packed: below it a whole snapshot takes less than 100 MB as it is. */
const packedFrom = 4 * 2 ** 20;

const level = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/**
 * A column of whole numbers that is written once, in order, and then read mostly in order. A long one is packed block by
 * block while it is written, which makes it four to ten times smaller; a read unpacks the block that it is in, and the
 * last two stay unpacked. Numbers beyond 32 bits are few (sizes of objects over 4 GiB) and lie in a list of their own.
 */
export class PackedColumn {
  readonly length: number;
  readonly #packed: boolean;
  /** A block of 65,536 numbers, or its bytes in planes (all lowest bytes first), compressed. */
  readonly #blocks: (Uint32Array | Uint8Array)[] = [];
  readonly #beyond = new Map<number, number>();
  #writing: Uint32Array;
  #written = 0;
  #open: Uint32Array = new Uint32Array(0);
  #openBlock = -1;
  #older: Uint32Array = new Uint32Array(0);
  #olderBlock = -1;

  constructor(length: number, packed = length > packedFrom) {
    this.length = length;
    this.#packed = packed;
    this.#writing = new Uint32Array(Math.min(length, blockNumbers));
  }

  /** The next number of the column; at most `length` of them. */
  push(value: number): void {
    if (value >= uint32Max) this.#pushBeyond(value);
    else this.#writing[this.#written & blockMask] = value;
    this.#written++;
    if ((this.#written & blockMask) === 0 || this.#written === this.length) this.#store();
  }

  /** The number at a place; 0 beyond the end. */
  at(index: number): number {
    const block = index >>> blockBits;
    if (block !== this.#openBlock) this.#unpack(block);
    const value = wordAt(this.#open, index & blockMask);
    return value === uint32Max ? (this.#beyond.get(index) ?? value) : value;
  }

  /** All of them, in an array of the caller's own; of 64 bits only where a number needs it. */
  toArray(): Uint32Array | Float64Array {
    const all = this.#beyond.size === 0 ? new Uint32Array(this.length) : new Float64Array(this.length);
    for (let index = 0; index < this.length; index++) all[index] = this.at(index);
    return all;
  }

  #pushBeyond(value: number): void {
    this.#writing[this.#written & blockMask] = uint32Max;
    if (value > uint32Max) this.#beyond.set(this.#written, value);
  }

  #store(): void {
    const numbers = this.#writing.subarray(0, ((this.#written - 1) & blockMask) + 1);
    if (this.#packed) {
      this.#blocks.push(packNumbers(numbers));
    } else {
      this.#blocks.push(numbers);
      this.#writing = new Uint32Array(Math.min(this.length - this.#written, blockNumbers));
    }
  }

  #unpack(block: number): void {
    const stored = this.#blocks[block];
    [this.#open, this.#openBlock, this.#older, this.#olderBlock] = [
      this.#older,
      this.#olderBlock,
      this.#open,
      this.#openBlock,
    ];
    if (this.#openBlock === block) return;
    this.#openBlock = block;
    if (stored === undefined) this.#open = new Uint32Array(0);
    else if (stored instanceof Uint32Array) this.#open = stored;
    else this.#open = unpackNumbers(stored, blockNumbers);
  }
}

/** In memory of their own: what zlib answers may lie in a larger piece. */
export const packBytes = (bytes: Uint8Array): Uint8Array => Uint8Array.from(zstdCompressSync(bytes, level));

export const unpackBytes = (packed: Uint8Array, most: number): Uint8Array =>
  zstdDecompressSync(packed, { maxOutputLength: most });

export const packNumbers = (numbers: Uint32Array): Uint8Array => packBytes(planesOf(numbers));

export const unpackNumbers = (packed: Uint8Array, most: number): Uint32Array =>
  numbersOf(unpackBytes(packed, most * 4));

/** Bytes of one weight side by side: the upper ones hardly change, which is what makes a column small. */
function planesOf(numbers: Uint32Array): Uint8Array {
  const count = numbers.length;
  const planes = new Uint8Array(count * 4);
  for (let at = 0; at < count; at++) {
    const number = wordAt(numbers, at);
    planes[at] = number;
    planes[count + at] = number >>> 8;
    planes[2 * count + at] = number >>> 16;
    planes[3 * count + at] = number >>> 24;
  }
  return planes;
}

function numbersOf(planes: Uint8Array): Uint32Array {
  const count = planes.length / 4;
  const numbers = new Uint32Array(count);
  for (let at = 0; at < count; at++) {
    numbers[at] =
      byteAt(planes, at) |
      (byteAt(planes, count + at) << 8) |
      (byteAt(planes, 2 * count + at) << 16) |
      (byteAt(planes, 3 * count + at) << 24);
  }
  return numbers;
}

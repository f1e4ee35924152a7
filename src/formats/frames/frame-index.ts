/** One frame: where it lies in the file and which bytes of the content it holds. */
export interface Frame {
  readonly index: number;
  readonly offset: number;
  readonly compressedSize: number;
  readonly contentOffset: number;
  readonly contentSize: number;
  /** The checksum that the index has for the content; undefined if it has none. */
  readonly checksum: number | undefined;
}

/**
 * The list of a file's frames, in typed arrays: 20 to 24 bytes per frame, so that an index of a million frames is no
 * burden. Frames follow each other without gaps, in the file and in the content.
 */
export class FrameIndex {
  readonly count: number;
  /** Bytes of all frames together, which is where the file's data ends. */
  readonly compressedSize: number;
  readonly contentSize: number;
  readonly #offsets: Float64Array;
  readonly #contentOffsets: Float64Array;
  readonly #checksums: Uint32Array | undefined;

  /** The arrays have one element per frame; `checksums` is left out where the format has none. */
  constructor(compressedSizes: Uint32Array, contentSizes: Uint32Array, checksums?: Uint32Array) {
    this.count = compressedSizes.length;
    this.#offsets = sums(compressedSizes);
    this.#contentOffsets = sums(contentSizes);
    this.#checksums = checksums;
    this.compressedSize = at(this.#offsets, this.count);
    this.contentSize = at(this.#contentOffsets, this.count);
  }

  /** The frame of that number; a number outside of the index is a RangeError. */
  frame(index: number): Frame {
    if (!Number.isInteger(index) || index < 0 || index >= this.count)
      throw new RangeError(`frame ${index} of ${this.count}`);
    const offset = at(this.#offsets, index);
    const contentOffset = at(this.#contentOffsets, index);
    return {
      index,
      offset,
      compressedSize: at(this.#offsets, index + 1) - offset,
      contentOffset,
      contentSize: at(this.#contentOffsets, index + 1) - contentOffset,
      checksum: this.#checksums?.[index],
    };
  }

  /** The number of the frame that holds the content's byte `contentOffset`, which lies before `contentSize`. */
  indexAt(contentOffset: number): number {
    if (!(contentOffset >= 0 && contentOffset < this.contentSize))
      throw new RangeError(`content byte ${contentOffset} of ${this.contentSize}`);
    // The last frame that starts at or before the byte: frames without content are stepped over by themselves.
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (at(this.#contentOffsets, middle) <= contentOffset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function sums(sizes: Uint32Array): Float64Array {
  const result = new Float64Array(sizes.length + 1);
  let sum = 0;
  for (const [index, size] of sizes.entries()) {
    sum += size;
    result[index + 1] = sum;
  }
  return result;
}

function at(offsets: Float64Array, index: number): number {
  const offset = offsets[index];
  if (offset === undefined) throw new RangeError(`offset ${index} of ${offsets.length}`);
  return offset;
}

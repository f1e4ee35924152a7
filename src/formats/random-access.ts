/**
 * Bytes of a known size that can be read anywhere: a file, a blob behind HTTP ranges, a buffer.
 * `read` resolves with `length` bytes from `offset` on, with fewer only if the source has become shorter than `size`.
 * Reads may overlap in time. Whoever made the source closes it.
 */
export interface RandomAccess {
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A source over bytes in memory; what it hands out are views, not copies. */
export function bytesSource(bytes: Uint8Array): RandomAccess {
  return {
    size: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  };
}

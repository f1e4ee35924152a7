/**
 * A piece of content in compressed form that stands for itself: a zstd frame or a gzip member. `checksum` is over the
 * content, in the algorithm of the format (zstd: low half of XXH64; gzip: CRC-32).
 */
export interface EncodedFrame {
  readonly bytes: Uint8Array;
  readonly contentSize: number;
  readonly checksum: number;
  /** To be called once, when nobody reads `bytes` any more: their memory is free at once, not when the collector comes by. */
  giveBack?(): void;
}

import type { FormatFault } from '../format-error.ts';

/**
 * The parts of a zstd frame that this folder reads and writes itself (RFC 8878, section 3.1.1). All numbers are
 * little-endian:
 *
 *     magic (4) · descriptor (1) · [window (1)] · [dictionary id (0-4)] · [content size (0-8)] · blocks · [checksum (4)]
 *
 * A block is a header of 3 bytes (bit 0: last, bits 1-2: kind, bits 3-23: size) and its bytes.
 */
const FRAME_MAGIC = 0xfd2fb528;
/** Sixteen magics, 0x184d2a50 to 0x184d2a5f, start a frame that every decoder skips (section 3.1.2). */
const SKIPPABLE_MAGIC = 0x184d2a50;

const RAW_BLOCK = 0;
const RLE_BLOCK = 1;
/** Kind 2 is a compressed block; kind 3 is reserved and means corruption. */
const RESERVED_BLOCK = 3;

/** No block holds more content than this (section 3.1.1.2.3: Block_Maximum_Size). */
export const BLOCK_CONTENT_MAX = 128 * 1024;

/** The magic, the descriptor, the window and a content size of 4 bytes. */
export const PLAIN_HEADER_SIZE = 10;
export const BLOCK_HEADER_SIZE = 3;
export const CHECKSUM_SIZE = 4;

/** How many blocks a plain frame has: at least one, because only a block can be the last. */
export function plainBlockCount(contentSize: number): number {
  return Math.max(1, Math.ceil(contentSize / BLOCK_CONTENT_MAX));
}

/** Writes the header of a frame that this folder makes by itself; its size is the same for every content. */
export function writePlainHeader(view: DataView, contentSize: number): void {
  view.setUint32(0, FRAME_MAGIC, true);
  // Descriptor: content size in 4 bytes (bits 7-6 = 2), not a single segment (bit 5), with checksum (bit 2), no dictionary.
  view.setUint8(4, 0b1000_0100);
  // Window of 128 KiB: exponent 7 (bits 7-3) over 2^10, mantissa 0. Decoding needs no more memory than one block,
  // however long the frame is.
  view.setUint8(5, 7 << 3);
  view.setUint32(6, contentSize, true);
}

/** Writes a block header. `size` is the size of the content of a raw block, and the count of the one byte of an RLE block. */
export function writeBlockHeader(view: DataView, at: number, kind: 'raw' | 'rle', size: number, last: boolean): void {
  const header = (last ? 1 : 0) | ((kind === 'raw' ? RAW_BLOCK : RLE_BLOCK) << 1) | (size << 3);
  view.setUint16(at, header & 0xffff, true);
  view.setUint8(at + 2, header >>> 16);
}

/** What a frame says of itself: how long it is, the size of its content and the checksum of it, if it says so. */
export interface FrameExtent {
  readonly size: number;
  readonly contentSize: number | undefined;
  readonly checksum: number | undefined;
}

/** A frame whose structure is wrong; the caller knows its number and its place in the file. */
export interface FrameDefect {
  readonly fault: FormatFault;
  readonly what: string;
}

/**
 * Walks the structure of the one frame that `bytes` starts with, without decompressing it. Costs a few steps per block
 * of 128 KiB and tells apart what a decoder does not: a frame that is cut short, and bytes behind its end.
 */
export function frameExtent(bytes: Uint8Array): FrameExtent | FrameDefect {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) return tooShort;
  const magic = view.getUint32(0, true);
  if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
    const size = 8 + view.getUint32(4, true);
    return size > bytes.length ? tooShort : { size, contentSize: 0, checksum: undefined };
  }
  if (magic !== FRAME_MAGIC) return { fault: 'CORRUPT', what: 'does not start with the zstd magic' };

  const descriptor = view.getUint8(4);
  const singleSegment = (descriptor & 0x20) !== 0;
  if ((descriptor & 0x08) !== 0) return { fault: 'UNSUPPORTED', what: 'uses the reserved bit of the frame header' };
  const dictionarySize = [0, 1, 2, 4][descriptor & 0x03] as number;
  if (dictionarySize > 0) return { fault: 'UNSUPPORTED', what: 'needs a dictionary' };
  const contentSizeSize = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6] as number;
  let at = 5 + (singleSegment ? 0 : 1);
  if (bytes.length < at + contentSizeSize) return tooShort;
  const contentSize = readContentSize(view, at, contentSizeSize);
  at += contentSizeSize;

  for (let last = false; !last; ) {
    if (bytes.length < at + BLOCK_HEADER_SIZE) return tooShort;
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    const kind = (header >>> 1) & 3;
    if (kind === RESERVED_BLOCK) return { fault: 'CORRUPT', what: 'has a block of the reserved kind' };
    last = (header & 1) === 1;
    at += BLOCK_HEADER_SIZE + (kind === RLE_BLOCK ? 1 : header >>> 3);
  }
  const hasChecksum = (descriptor & 0x04) !== 0;
  const size = at + (hasChecksum ? CHECKSUM_SIZE : 0);
  if (size > bytes.length) return tooShort;
  return { size, contentSize, checksum: hasChecksum ? view.getUint32(at, true) : undefined };
}

const tooShort: FrameDefect = { fault: 'CORRUPT', what: 'does not end where the index says' };

function readContentSize(view: DataView, at: number, size: number): number | undefined {
  switch (size) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true) + 256; // section 3.1.1.1.4: the two-byte form starts at 256
    case 4:
      return view.getUint32(at, true);
    case 8:
      return Number(view.getBigUint64(at, true));
    default:
      return undefined;
  }
}

/** The largest content of one frame: the limit of the reference implementation of the seekable format (1 GiB). */
export const FRAME_CONTENT_MAX = 0x4000_0000;

/** What zstd may need at most for that much content (ZSTD_compressBound, rounded up): it then answers in one piece. */
export const compressedBound = (size: number): number => size + (size >>> 8) + 1024;

/** The checksum of the content of a frame that has one: its last four bytes (RFC 8878, section 3.1.1). */
export function frameChecksum(frame: Uint8Array): number {
  return new DataView(frame.buffer, frame.byteOffset + frame.byteLength - CHECKSUM_SIZE).getUint32(0, true);
}

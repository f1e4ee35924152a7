import type { EncodedFrame } from '../frames/encoded-frame.ts';
import { contentChecksum } from './frame.ts';
import {
  BLOCK_CONTENT_MAX,
  BLOCK_HEADER_SIZE,
  CHECKSUM_SIZE,
  FRAME_CONTENT_MAX,
  PLAIN_HEADER_SIZE,
  plainBlockCount,
  writeBlockHeader,
  writePlainHeader,
} from './frame-format.ts';

/** The exact size of the raw frame of a content of that size. */
export function rawFrameSize(contentSize: number): number {
  if (!Number.isInteger(contentSize) || contentSize < 0 || contentSize > FRAME_CONTENT_MAX)
    throw new RangeError(`a frame holds 0 to ${FRAME_CONTENT_MAX} bytes, not ${contentSize}`);
  return PLAIN_HEADER_SIZE + plainBlockCount(contentSize) * BLOCK_HEADER_SIZE + contentSize + CHECKSUM_SIZE;
}

/**
 * An ordinary zstd frame that holds `content` uncompressed, in raw blocks. Its size depends on nothing but the length of
 * the content: room for it can be left in a file, and filled when the content is known.
 */
export async function rawFrame(content: Uint8Array): Promise<EncodedFrame> {
  const bytes = new Uint8Array(rawFrameSize(content.length));
  const view = new DataView(bytes.buffer);
  writePlainHeader(view, content.length);
  const blocks = plainBlockCount(content.length);
  let at = PLAIN_HEADER_SIZE;
  for (let block = 0; block < blocks; block++) {
    const piece = content.subarray(block * BLOCK_CONTENT_MAX, (block + 1) * BLOCK_CONTENT_MAX);
    writeBlockHeader(view, at, 'raw', piece.length, block === blocks - 1);
    bytes.set(piece, at + BLOCK_HEADER_SIZE);
    at += BLOCK_HEADER_SIZE + piece.length;
  }
  const checksum = await contentChecksum(content);
  view.setUint32(at, checksum, true);
  return { bytes, contentSize: content.length, checksum };
}

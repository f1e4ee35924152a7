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

/**
 * Frames whose content is nothing but zeros: one RLE block of 4 bytes per 128 KiB, so a MiB costs 46 bytes. Each length
 * is made once and then answered from memory, always with the same bytes: do not write to them.
 */
export class ZeroFrames {
  readonly #known = new Map<number, Promise<EncodedFrame>>();

  /** The frame of `contentSize` zeros. Keep to a few lengths: every one stays in memory. */
  get(contentSize: number): Promise<EncodedFrame> {
    let frame = this.#known.get(contentSize);
    if (frame === undefined) {
      frame = zeroFrame(contentSize);
      this.#known.set(contentSize, frame);
    }
    return frame;
  }
}

async function zeroFrame(contentSize: number): Promise<EncodedFrame> {
  if (!Number.isInteger(contentSize) || contentSize < 1 || contentSize > FRAME_CONTENT_MAX)
    throw new RangeError(`a frame of zeros holds 1 to ${FRAME_CONTENT_MAX} bytes, not ${contentSize}`);
  const checksum = await contentChecksum(new Uint8Array(contentSize));
  const blocks = plainBlockCount(contentSize);
  const blockSize = BLOCK_HEADER_SIZE + 1;
  const bytes = new Uint8Array(PLAIN_HEADER_SIZE + blocks * blockSize + CHECKSUM_SIZE);
  const view = new DataView(bytes.buffer);
  writePlainHeader(view, contentSize);
  for (let block = 0; block < blocks; block++) {
    // The byte that is repeated is zero, which is what the array holds already.
    const size = Math.min(BLOCK_CONTENT_MAX, contentSize - block * BLOCK_CONTENT_MAX);
    writeBlockHeader(view, PLAIN_HEADER_SIZE + block * blockSize, 'rle', size, block === blocks - 1);
  }
  view.setUint32(bytes.length - CHECKSUM_SIZE, checksum, true);
  return { bytes, contentSize, checksum };
}

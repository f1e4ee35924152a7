import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { FrameError } from '../frames/frame-error.ts';
import type { Frame } from '../frames/frame-index.ts';
import { FramedReader } from '../frames/framed-reader.ts';
import type { RandomAccess } from '../random-access.ts';
import { compressedBound, frameChecksum, frameExtent } from './frame-format.ts';
import { readSeekTable, type SeekTableLimits } from './seek-table.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Opens a seekable zstd file for reading any range of its content; rejects with a FormatError if it is not one. */
export async function openSeekable(source: RandomAccess, limits: SeekTableLimits = {}): Promise<FramedReader> {
  return new FramedReader(source, await readSeekTable(source, limits), decodeFrame);
}

/**
 * The checksum of the seek table, which is the low half of XXH64 over the content. A zstd frame ends with the very same
 * number (RFC 8878, section 3.1.1), so libzstd computes it: its fastest level costs 0.7 ms per MiB, off this thread,
 * and needs no second implementation of the hash.
 */
export async function contentChecksum(content: Uint8Array): Promise<number> {
  const bytes = await compress(content, {
    chunkSize: compressedBound(content.length),
    params: { [constants.ZSTD_c_compressionLevel]: -5, [constants.ZSTD_c_checksumFlag]: 1 },
  });
  return frameChecksum(bytes);
}

/**
 * The content of one frame of a seekable file. Before it decompresses, it holds the frame's own structure against the
 * index; decompression is bounded by the index's size and verifies the frame's checksum, or the index's if the frame
 * has none.
 */
export async function decodeFrame(bytes: Uint8Array, frame: Frame): Promise<Uint8Array> {
  const extent = frameExtent(bytes);
  if ('fault' in extent) throw new FrameError(extent.fault, frame, extent.what);
  if (extent.size !== bytes.length)
    throw new FrameError('CORRUPT', frame, `ends after ${extent.size} of ${bytes.length} bytes`);
  if (extent.contentSize !== undefined && extent.contentSize !== frame.contentSize)
    throw new FrameError('CORRUPT', frame, `says ${extent.contentSize} bytes, the index ${frame.contentSize}`);
  if (extent.checksum !== undefined && frame.checksum !== undefined && extent.checksum !== frame.checksum)
    throw new FrameError('CORRUPT', frame, 'its checksum is not that of the index');

  // Some room over the size: zlib then sees the end in the same step, and one byte too many is noticed.
  const room = frame.contentSize + 64;
  const content = await decompress(bytes, { maxOutputLength: room, chunkSize: room }).catch((cause: Error) => {
    throw new FrameError('CORRUPT', frame, `cannot be decompressed: ${cause.message}`, { cause });
  });
  if (content.length !== frame.contentSize)
    throw new FrameError('CORRUPT', frame, `holds ${content.length} bytes, the index says ${frame.contentSize}`);
  if (extent.checksum === undefined && frame.checksum !== undefined && content.length > 0) {
    if ((await contentChecksum(content)) !== frame.checksum)
      throw new FrameError('CORRUPT', frame, 'its content does not match the checksum of the index');
  }
  return content;
}

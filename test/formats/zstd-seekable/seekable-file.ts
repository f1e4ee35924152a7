import type { EncodedFrame } from '../../../src/formats/frames/encoded-frame.ts';
import { FrameCompressor } from '../../../src/formats/zstd-seekable/frame-compressor.ts';
import { rawFrame } from '../../../src/formats/zstd-seekable/raw-frame.ts';
import { SeekTableWriter } from '../../../src/formats/zstd-seekable/seek-table.ts';
import { ZeroFrames } from '../../../src/formats/zstd-seekable/zero-frame.ts';

/** One frame of a file to be made: its content, and the kind of frame that it goes into. */
export interface Piece {
  readonly kind: 'compressed' | 'raw' | 'zero';
  readonly content: Uint8Array;
}

const zeros = new ZeroFrames();

/** One frame, by a compressor of its own. */
export async function compressFrame(content: Uint8Array, level: number): Promise<EncodedFrame> {
  const compressor = new FrameCompressor(level, content.length);
  try {
    return await compressor.compress(content);
  } finally {
    compressor.close();
  }
}

async function encodePiece({ kind, content }: Piece): Promise<EncodedFrame> {
  if (kind === 'raw') return rawFrame(content);
  if (kind === 'zero' && content.length > 0) return zeros.get(content.length);
  return compressFrame(content, 1);
}

/** What a piece holds: a zero piece holds zeros, whatever it was given. */
export const contentOf = ({ kind, content }: Piece): Uint8Array =>
  kind === 'zero' ? new Uint8Array(content.length) : content;

/** The bytes of a seekable file of these pieces. */
export async function seekableFile(pieces: readonly Piece[]): Promise<Uint8Array> {
  const table = new SeekTableWriter();
  const parts: Uint8Array[] = [];
  for (const piece of pieces) {
    const frame = await encodePiece(piece);
    parts.push(frame.bytes);
    table.append({
      compressedSize: frame.bytes.length,
      contentSize: frame.contentSize,
      checksum: frame.checksum,
    });
  }
  return Buffer.concat([...parts, table.finish()]);
}

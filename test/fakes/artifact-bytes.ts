import type { Compression } from '../../src/dumps/dump-request.ts';
import { bytesOf, createCodec } from '../../src/dumps/pipeline/codec.ts';

/** The bytes of an artifact of these frames, as a capture would write them. */
export async function artifactBytes(compression: Compression, frames: readonly Uint8Array[]): Promise<Buffer> {
  const codec = createCodec(compression, Math.max(...frames.map(({ length }) => length)));
  const pieces: Buffer[] = [];
  for (const frame of frames) {
    const encoded = await codec.encode(frame);
    codec.append(encoded);
    pieces.push(Buffer.from(bytesOf(encoded)));
    if ('frame' in encoded) encoded.frame.giveBack?.();
  }
  pieces.push(Buffer.from(codec.trailer()));
  codec.close();
  return Buffer.concat(pieces);
}

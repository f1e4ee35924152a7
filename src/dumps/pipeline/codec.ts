import type { EncodedFrame } from '../../formats/frames/encoded-frame.ts';
import { compressMember, storedMember, ZeroMembers } from '../../formats/gzip-members/member.ts';
import { FrameCompressor } from '../../formats/zstd-seekable/frame-compressor.ts';
import { rawFrame } from '../../formats/zstd-seekable/raw-frame.ts';
import { SeekTableWriter } from '../../formats/zstd-seekable/seek-table.ts';
import { ZeroFrames } from '../../formats/zstd-seekable/zero-frame.ts';
import type { Compression } from '../dump-request.ts';

/** What stands in the file for a stretch of the image: a frame, or plain bytes and holes of so many zeros, in order. */
export type Encoded = { readonly frame: EncodedFrame } | { readonly pieces: readonly (Uint8Array | number)[] };

/**
 * How frames of the image become bytes of the artifact. A codec belongs to one artifact. `encode` and `zeros` may be asked
 * for several frames at once; `append` is called in the file's order.
 */
export interface Codec {
  encode(content: Uint8Array): Promise<Encoded>;
  zeros(length: number): Promise<Encoded>;
  /** The form whose size depends on nothing but the content's length, for the header that is filled in last. */
  fixed(content: Uint8Array): Promise<Encoded>;
  /** Notes a frame that was written, in the file's order. */
  append(encoded: Encoded): void;
  /** Notes that the piece with this number, which was `fixed`, now has other content of the same length. */
  replace(index: number, encoded: Encoded): void;
  /** What ends the file. */
  trailer(): Uint8Array;
  /** Gives back what compressing needs; nothing is encoded any more. */
  close(): void;
}

/** Levels that keep up with a capture on two cores; gzip exists for old readers only. */
const zstdLevel = 1;
const gzipLevel = 1;
const nothing = new Uint8Array(0);

/** `frameBytes` is the usual length of what is encoded. */
export function createCodec(compression: Compression, frameBytes: number): Codec {
  switch (compression) {
    case 'ZSTD':
      return zstdCodec(frameBytes);
    case 'GZIP':
      return gzipCodec();
    case 'NONE':
      return plainCodec();
    default:
      return compression satisfies never;
  }
}

/** Exactly the bytes that `fixed` made, to be put in the place of those that were written before. */
export function bytesOf(encoded: Encoded): Uint8Array {
  if ('frame' in encoded) return encoded.frame.bytes;
  return Buffer.concat(encoded.pieces.map((piece) => (typeof piece === 'number' ? Buffer.alloc(piece) : piece)));
}

function entryOf(encoded: Encoded) {
  if (!('frame' in encoded)) throw new TypeError('a seekable file has frames only');
  const { bytes, contentSize, checksum } = encoded.frame;
  return { compressedSize: bytes.length, contentSize, checksum };
}

function zstdCodec(frameBytes: number): Codec {
  const table = new SeekTableWriter();
  const zeros = new ZeroFrames();
  const compressors: FrameCompressor[] = [];
  const idle: FrameCompressor[] = [];
  const compressor = (): FrameCompressor => {
    const made = new FrameCompressor(zstdLevel, frameBytes);
    compressors.push(made);
    return made;
  };
  return {
    async encode(content) {
      const free = idle.pop() ?? compressor();
      const frame = await free.compress(content);
      idle.push(free);
      return { frame };
    },
    zeros: async (length) => ({ frame: await zeros.get(length) }),
    fixed: async (content) => ({ frame: await rawFrame(content) }),
    append: (encoded) => void table.append(entryOf(encoded)),
    replace: (index, encoded) => table.replace(index, entryOf(encoded)),
    trailer: () => table.finish(),
    close: () => compressors.forEach((each) => void each.close()),
  };
}

function gzipCodec(): Codec {
  const zeros = new ZeroMembers();
  return {
    encode: async (content) => ({ frame: await compressMember(content, gzipLevel) }),
    zeros: async (length) => ({ frame: await zeros.get(length) }),
    fixed: async (content) => ({ frame: storedMember(content) }),
    append: () => undefined,
    replace: () => undefined,
    trailer: () => nothing,
    close: () => undefined,
  };
}

function plainCodec(): Codec {
  return {
    encode: async (content) => ({ pieces: withHoles(content) }),
    zeros: async (length) => ({ pieces: [length] }),
    fixed: async (content) => ({ pieces: [content] }),
    append: () => undefined,
    replace: () => undefined,
    trailer: () => nothing,
    close: () => undefined,
  };
}

/** Zeros are looked for in steps of this size: what a file system can leave out, and long enough to be worth a hole. */
const holeBytes = 16 * 1024;
const zeros = Buffer.alloc(holeBytes);

/** The content as stretches of bytes and, between them, lengths of zeros. */
function withHoles(content: Uint8Array): (Uint8Array | number)[] {
  const pieces: (Uint8Array | number)[] = [];
  let from = 0;
  for (let at = 0; at < content.length; at += holeBytes) {
    const step = content.subarray(at, at + holeBytes);
    if (Buffer.compare(step, zeros.subarray(0, step.length)) !== 0) continue;
    if (from < at) pieces.push(content.subarray(from, at));
    const last = pieces.at(-1);
    if (typeof last === 'number') pieces[pieces.length - 1] = last + step.length;
    else pieces.push(step.length);
    from = at + step.length;
  }
  if (from < content.length) pieces.push(content.subarray(from));
  return pieces;
}

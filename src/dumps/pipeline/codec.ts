import type { EncodedFrame } from '../../formats/frames/encoded-frame.ts';
import { compressMember, storedMember, storedMemberSize, ZeroMembers } from '../../formats/gzip-members/member.ts';
import { compressFrame } from '../../formats/zstd-seekable/frame.ts';
import { rawFrame, rawFrameSize } from '../../formats/zstd-seekable/raw-frame.ts';
import { SeekTableWriter } from '../../formats/zstd-seekable/seek-table.ts';
import { ZeroFrames } from '../../formats/zstd-seekable/zero-frame.ts';
import type { Compression } from '../dump-request.ts';

/** What stands in the file for a stretch of the image: bytes, or a hole of that many zeros. */
export type Encoded = { readonly bytes: Uint8Array; readonly frame: EncodedFrame | null } | { readonly hole: number };

/**
 * How frames of the image become bytes of the artifact. A codec belongs to one artifact. `encode` and `zeros` may be asked
 * for several frames at once; `append` is called in the file's order.
 */
export interface Codec {
  encode(content: Uint8Array): Promise<Encoded>;
  zeros(length: number): Promise<Encoded>;
  /** The form whose size depends on nothing but the content's length, for the header that is filled in last. */
  fixed(content: Uint8Array): Promise<Encoded & { readonly bytes: Uint8Array }>;
  fixedSize(length: number): number;
  /** Notes a frame that was written, in the file's order. */
  append(encoded: Encoded): void;
  /** Notes that frame 0 now has other content of the same length. */
  replaceFirst(encoded: Encoded): void;
  /** What ends the file. */
  trailer(): Uint8Array;
}

/** Levels that keep up with a capture on two cores; gzip exists for old readers only. */
const zstdLevel = 1;
const gzipLevel = 1;
const nothing = new Uint8Array(0);

export function createCodec(compression: Compression): Codec {
  switch (compression) {
    case 'ZSTD':
      return zstdCodec();
    case 'GZIP':
      return gzipCodec();
    case 'NONE':
      return plainCodec();
    default:
      return compression satisfies never;
  }
}

const framed = (frame: EncodedFrame) => ({ bytes: frame.bytes, frame });

function entryOf(encoded: Encoded) {
  if ('hole' in encoded || encoded.frame === null) throw new TypeError('a seekable file has frames only');
  const { bytes, contentSize, checksum } = encoded.frame;
  return { compressedSize: bytes.length, contentSize, checksum };
}

function zstdCodec(): Codec {
  const table = new SeekTableWriter();
  const zeros = new ZeroFrames();
  return {
    encode: async (content) => framed(await compressFrame(content, zstdLevel)),
    zeros: async (length) => framed(await zeros.get(length)),
    fixed: async (content) => framed(await rawFrame(content)),
    fixedSize: rawFrameSize,
    append: (encoded) => void table.append(entryOf(encoded)),
    replaceFirst: (encoded) => table.replace(0, entryOf(encoded)),
    trailer: () => table.finish(),
  };
}

function gzipCodec(): Codec {
  const zeros = new ZeroMembers();
  return {
    encode: async (content) => framed(await compressMember(content, gzipLevel)),
    zeros: async (length) => framed(await zeros.get(length)),
    fixed: async (content) => framed(storedMember(content)),
    fixedSize: storedMemberSize,
    append: () => undefined,
    replaceFirst: () => undefined,
    trailer: () => nothing,
  };
}

function plainCodec(): Codec {
  return {
    encode: async (content) => ({ bytes: content, frame: null }),
    zeros: async (length) => ({ hole: length }),
    fixed: async (content) => ({ bytes: content, frame: null }),
    fixedSize: (length) => length,
    append: () => undefined,
    replaceFirst: () => undefined,
    trailer: () => nothing,
  };
}

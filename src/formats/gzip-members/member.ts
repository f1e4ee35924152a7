import { constants, crc32, deflateRaw, inflateRaw } from 'node:zlib';
import type { EncodedFrame } from '../frames/encoded-frame.ts';
import { FrameError } from '../frames/frame-error.ts';
import type { Frame } from '../frames/frame-index.ts';
import {
  MEMBER_CONTENT_MAX,
  MEMBER_HEADER_SIZE,
  MEMBER_TRAILER_SIZE,
  readMemberHeader,
  writeMemberHeader,
  writeMemberTrailer,
} from './member-format.ts';

/**
 * Compresses `content` into one gzip member. Runs on libuv's threads, so members are made in parallel by asking for
 * several; `content` must not change until the promise resolves. Levels as in gzip, 1 to 9.
 */
export async function compressMember(content: Uint8Array, level: number): Promise<EncodedFrame> {
  checkContentSize(content.length);
  const data = await deflate(content, level);
  const bytes = new Uint8Array(MEMBER_HEADER_SIZE + data.length + MEMBER_TRAILER_SIZE);
  bytes.set(data, MEMBER_HEADER_SIZE);
  return seal(bytes, content);
}

/** Deflate leaves at most this much in one block without compressing it (RFC 1951, section 3.2.4). */
const STORED_BLOCK_MAX = 0xffff;
/** Kind and last flag in one byte, the length and its complement. */
const STORED_BLOCK_HEADER_SIZE = 5;

/** The exact size of the stored member of a content of that size. */
export function storedMemberSize(contentSize: number): number {
  checkContentSize(contentSize);
  const blocks = Math.max(1, Math.ceil(contentSize / STORED_BLOCK_MAX));
  return MEMBER_HEADER_SIZE + blocks * STORED_BLOCK_HEADER_SIZE + contentSize + MEMBER_TRAILER_SIZE;
}

/**
 * A gzip member that holds `content` uncompressed. Its size depends on nothing but the length of the content: room for
 * it can be left in a file, and filled when the content is known.
 */
export function storedMember(content: Uint8Array): EncodedFrame {
  const bytes = new Uint8Array(storedMemberSize(content.length));
  const view = new DataView(bytes.buffer);
  let at = MEMBER_HEADER_SIZE;
  for (let done = 0; done === 0 || done < content.length; done += STORED_BLOCK_MAX) {
    const piece = content.subarray(done, done + STORED_BLOCK_MAX);
    view.setUint8(at, done + piece.length === content.length ? 1 : 0); // bit 0: last; bits 1-2: stored
    view.setUint16(at + 1, piece.length, true);
    view.setUint16(at + 3, ~piece.length & 0xffff, true);
    bytes.set(piece, at + STORED_BLOCK_HEADER_SIZE);
    at += STORED_BLOCK_HEADER_SIZE + piece.length;
  }
  return seal(bytes, content);
}

/**
 * Members whose content is nothing but zeros, about a thousandth of its size. Each length is made once and then
 * answered from memory, always with the same bytes: do not write to them.
 */
export class ZeroMembers {
  readonly #known = new Map<number, Promise<EncodedFrame>>();

  /** The member of `contentSize` zeros. Keep to a few lengths: every one stays in memory. */
  get(contentSize: number): Promise<EncodedFrame> {
    let member = this.#known.get(contentSize);
    if (member === undefined) {
      member = compressMember(new Uint8Array(contentSize), 9);
      this.#known.set(contentSize, member);
    }
    return member;
  }
}

/** The content of one member of a file that `openMembers` indexed, checked against header, trailer and index. */
export async function decodeMember(bytes: Uint8Array, frame: Frame): Promise<Uint8Array> {
  const header = readMemberHeader(bytes);
  if (header?.memberSize !== bytes.length || header.contentSize !== frame.contentSize)
    throw new FrameError('CORRUPT', frame, 'its header is not what it was when the file was opened');
  const data = bytes.subarray(MEMBER_HEADER_SIZE, -MEMBER_TRAILER_SIZE);
  const { content, consumed } = await inflate(data, frame.contentSize).catch((cause: Error) => {
    throw new FrameError('CORRUPT', frame, `cannot be decompressed: ${cause.message}`, { cause });
  });
  if (consumed !== data.length)
    throw new FrameError('CORRUPT', frame, `ends after ${consumed} of ${data.length} bytes`);
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - MEMBER_TRAILER_SIZE);
  if (content.length !== frame.contentSize || trailer.getUint32(4, true) !== frame.contentSize)
    throw new FrameError('CORRUPT', frame, `holds ${content.length} bytes, its header says ${frame.contentSize}`);
  if (crc32(content) !== trailer.getUint32(0, true))
    throw new FrameError('CORRUPT', frame, 'its content does not match its checksum');
  return content;
}

function seal(bytes: Uint8Array, content: Uint8Array): EncodedFrame {
  const checksum = crc32(content);
  writeMemberHeader(bytes, content.length);
  writeMemberTrailer(bytes, content.length, checksum);
  return { bytes, contentSize: content.length, checksum };
}

function checkContentSize(size: number): void {
  if (!Number.isInteger(size) || size < 0 || size > MEMBER_CONTENT_MAX)
    throw new RangeError(`a member holds 0 to ${MEMBER_CONTENT_MAX} bytes, not ${size}`);
}

function deflate(content: Uint8Array, level: number): Promise<Uint8Array> {
  // Incompressible data grows by 5 bytes per 16 KiB: with this room zlib answers in one piece.
  const chunkSize = content.length + (content.length >>> 10) + 1024;
  return new Promise((resolve, reject) => {
    deflateRaw(content, { level, chunkSize, memLevel: 9, strategy: constants.Z_DEFAULT_STRATEGY }, (error, data) =>
      error ? reject(error) : resolve(data),
    );
  });
}

function inflate(data: Uint8Array, contentSize: number): Promise<{ content: Uint8Array; consumed: number }> {
  // Some room over the size: zlib then sees the end in the same step, and one byte too many is noticed.
  const room = contentSize + 64;
  return new Promise((resolve, reject) => {
    // With `info` the result is the buffer and the engine, which knows how many bytes of `data` it has used.
    inflateRaw(data, { maxOutputLength: room, chunkSize: room, info: true }, (error, result: unknown) => {
      if (error) return reject(error);
      const { buffer, engine } = result as { buffer: Uint8Array; engine: { bytesWritten: number } };
      resolve({ content: buffer, consumed: engine.bytesWritten });
    });
  });
}

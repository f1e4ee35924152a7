import { LibvirtError } from '../error.ts';
import type { Codec } from './codec.ts';

/** Bytes of a length of their own, at most `limit` (RFC 4506 §4.10). Decoding copies, so nothing else stays alive. */
export function opaque(limit: number): Codec<Uint8Array> {
  return {
    encode: (writer, value) => {
      if (value.length > limit) throw tooLong('opaque', value.length, limit);
      writer.u32(value.length);
      writer.opaque(value);
    },
    decode: (reader) => Uint8Array.from(reader.opaque(reader.length(limit, 'an opaque'))),
  };
}

/** Exactly `length` bytes, without a length on the wire (RFC 4506 §4.9). */
export function fixedOpaque(length: number): Codec<Uint8Array> {
  return {
    encode: (writer, value) => {
      if (value.length !== length)
        throw new LibvirtError('INVALID_VALUE', `${value.length} bytes where exactly ${length} belong`);
      writer.opaque(value);
    },
    decode: (reader) => Uint8Array.from(reader.opaque(length)),
  };
}

/**
 * Text of at most `limit` bytes (RFC 4506 §4.11), as UTF-8. A NUL is refused when encoding: the C code that reads it would
 * take what stands before it for the whole. Bytes that are no UTF-8 decode to U+FFFD.
 */
export function boundedString(limit: number): Codec<string> {
  return {
    encode: (writer, value) => {
      if (typeof value !== 'string') throw new LibvirtError('INVALID_VALUE', `${String(value)} is not a string`);
      if (value.includes('\0')) throw new LibvirtError('INVALID_VALUE', 'a string with a NUL character in it');
      const bytes = Buffer.from(value, 'utf8');
      if (bytes.length > limit) throw tooLong('string', bytes.length, limit);
      writer.u32(bytes.length);
      writer.opaque(bytes);
    },
    decode: (reader) => reader.opaque(reader.length(limit, 'a string')).toString('utf8'),
  };
}

/**
 * A C `char name[length]` that holds text: XDR has no char, so rpcgen spends four bytes on each. What follows the first
 * NUL is no text; there is always a NUL.
 */
export function charArray(length: number): Codec<string> {
  return {
    encode: (writer, value) => {
      const bytes = Buffer.from(value, 'utf8');
      if (bytes.length >= length) throw tooLong('text', bytes.length, length - 1);
      for (let index = 0; index < length; index++) writer.i32(((bytes[index] ?? 0) << 24) >> 24);
    },
    decode: (reader) => {
      const bytes = Buffer.alloc(length);
      for (let index = 0; index < length; index++) bytes[index] = reader.i32() & 0xff;
      const end = bytes.indexOf(0);
      return bytes.toString('utf8', 0, end < 0 ? length : end);
    },
  };
}

function tooLong(what: string, length: number, limit: number): LibvirtError {
  return new LibvirtError('INVALID_VALUE', `${what} of ${length} bytes where at most ${limit} fit`);
}

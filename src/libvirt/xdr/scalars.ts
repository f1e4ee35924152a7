import { protocolError } from '../error.ts';
import type { Codec } from './codec.ts';

export const int: Codec<number> = {
  encode: (writer, value) => writer.i32(value),
  decode: (reader) => reader.i32(),
};

export const unsignedInt: Codec<number> = {
  encode: (writer, value) => writer.u32(value),
  decode: (reader) => reader.u32(),
};

export const hyper: Codec<bigint> = {
  encode: (writer, value) => writer.i64(value),
  decode: (reader) => reader.i64(),
};

export const unsignedHyper: Codec<bigint> = {
  encode: (writer, value) => writer.u64(value),
  decode: (reader) => reader.u64(),
};

export const double: Codec<number> = {
  encode: (writer, value) => writer.double(value),
  decode: (reader) => reader.double(),
};

/** A bool is an int of 0 or 1 (RFC 4506 §4.4); nothing else is accepted. */
export const bool: Codec<boolean> = {
  encode: (writer, value) => writer.u32(value ? 1 : 0),
  decode: (reader) => {
    const value = reader.u32();
    if (value > 1) throw protocolError(`${value} where a bool (0 or 1) belongs`);
    return value === 1;
  },
};

/** No bytes at all: the body of a call without arguments or of a reply without results. */
export const nothing: Codec<undefined> = {
  encode: () => undefined,
  decode: () => undefined,
};

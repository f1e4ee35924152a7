import { LibvirtError } from '../error.ts';
import type { Codec, ValueOf } from './codec.ts';

/** Names and codecs of a struct's fields, in the order of the wire. */
export type Fields = Readonly<Record<string, Codec<unknown>>>;

/** The object type that `fields` describe. */
export type StructOf<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> };

/** The fields one after the other (RFC 4506 §4.14). */
export function struct<const F extends Fields>(fields: F): Codec<StructOf<F>> {
  const entries = Object.entries(fields);
  return {
    encode: (writer, value) => {
      for (const [name, codec] of entries) codec.encode(writer, (value as Record<string, unknown>)[name]);
    },
    decode: (reader) => {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of entries) value[name] = codec.decode(reader);
      return value as StructOf<F>;
    },
  };
}

/** A count and as many items, at most `limit` (RFC 4506 §4.13). Grows as items are read: a count alone allocates nothing. */
export function array<T>(item: Codec<T>, limit: number): Codec<readonly T[]> {
  return {
    encode: (writer, values) => {
      if (values.length > limit)
        throw new LibvirtError('INVALID_VALUE', `${values.length} items where at most ${limit} fit`);
      writer.u32(values.length);
      for (const value of values) item.encode(writer, value);
    },
    decode: (reader) => {
      const count = reader.length(limit, 'an array');
      const values: T[] = [];
      while (values.length < count) values.push(item.decode(reader));
      return values;
    },
  };
}

/** A value or none: 0, or 1 and the value (RFC 4506 §4.19). */
export function optional<T>(inner: Codec<T>): Codec<T | null> {
  return {
    encode: (writer, value) => {
      writer.u32(value === null ? 0 : 1);
      if (value !== null) inner.encode(writer, value);
    },
    decode: (reader) => (reader.length(1, 'an optional') === 1 ? inner.decode(reader) : null),
  };
}

/** The same bytes under another TypeScript type. */
export function mapped<W, T>(wire: Codec<W>, toWire: (value: T) => W, fromWire: (value: W) => T): Codec<T> {
  return {
    encode: (writer, value) => wire.encode(writer, toWire(value)),
    decode: (reader) => fromWire(wire.decode(reader)),
  };
}

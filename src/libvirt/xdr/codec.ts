import type { XdrReader } from './reader.ts';
import type { XdrWriter } from './writer.ts';

/** How one type goes over the wire. Codecs are built from one another as data, and the TypeScript type comes out of them. */
export interface Codec<T> {
  encode(writer: XdrWriter, value: T): void;
  decode(reader: XdrReader): T;
}

/** The TypeScript type that a codec carries. */
export type ValueOf<C> = C extends Codec<infer T> ? T : never;

import type { Codec } from '../xdr/codec.ts';
import { XdrReader } from '../xdr/reader.ts';
import { XdrWriter } from '../xdr/writer.ts';
import { type Header, writeHeader } from './header.ts';
import { limits } from './programs.ts';

/** A whole message as it goes over the wire: length, header, and the body that `codec` makes of `value`. */
export function encodeMessage<T>(header: Header, codec: Codec<T>, value: T): Buffer {
  const writer = new XdrWriter(limits.maxMessageBytes);
  writer.u32(0);
  writeHeader(writer, header);
  codec.encode(writer, value);
  writer.stampLength();
  return writer.finish();
}

/** Length and header of a message whose body of `bodyBytes` raw bytes is sent behind it: stream data is no XDR. */
export function encodeHead(header: Header, bodyBytes: number): Buffer {
  const writer = new XdrWriter(limits.minMessageBytes);
  writer.u32(limits.minMessageBytes + bodyBytes);
  writeHeader(writer, header);
  return writer.finish();
}

/** What a body says, to its last byte: too few bytes or too many are a PROTOCOL error. */
export function decodeBody<T>(body: Buffer, codec: Codec<T>): T {
  const reader = new XdrReader(body);
  const value = codec.decode(reader);
  reader.end();
  return value;
}

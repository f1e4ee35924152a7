import type { LibvirtError } from '../error.ts';
import type { MessageStatus } from '../protocol/header.ts';
import type { Frame } from './frame-reader.ts';

/** What a stream does with what comes for it. */
export interface StreamSink {
  /** A packet of this stream. Throws PROTOCOL at one that does not belong where it comes. */
  packet(frame: Frame): void;
  /** The connection ended: nothing more will come, and nothing can be sent. */
  lost(error: LibvirtError): void;
}

/** A stream's way to its connection: it shares program, procedure and serial with the call that opened it. */
export interface StreamPort {
  /** Sends a packet. Await the answer before sending data again: it comes when the connection has room. */
  send(status: MessageStatus, body?: Uint8Array): Promise<void>;
  /** Sends a hole of that many bytes. */
  sendHole(holeBytes: bigint): Promise<void>;
  /** Stops reading from the connection (all of it: there is one byte stream) until `release`. Both are idempotent. */
  hold(): void;
  release(): void;
  /** The last packet has come: the serial is free again. */
  close(): void;
}

/** A stretch of zeros in a sparse stream, sent as its length. */
export interface Hole {
  readonly holeBytes: bigint;
}

/** What a sparse stream consists of: bytes and holes, in order. */
export type StreamPart = Uint8Array | Hole;

export function isHole(part: StreamPart): part is Hole {
  return 'holeBytes' in part;
}

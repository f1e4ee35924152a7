import { protocolError } from '../error.ts';
import { XdrReader } from '../xdr/reader.ts';
import type { XdrWriter } from '../xdr/writer.ts';
import { programVersion } from './programs.ts';

/** What a message is (virNetMessageType in src/rpc/virnetprotocol.x). */
export const messageType = {
  call: 0,
  reply: 1,
  /** Sent without being asked: an event, or keepalive. */
  message: 2,
  stream: 3,
  /** Carry descriptors beside the bytes, which Node cannot do: never sent by us, so never answered. */
  callWithFds: 4,
  replyWithFds: 5,
  /** A hole in a sparse stream. */
  streamHole: 6,
} as const;

export type MessageType = (typeof messageType)[keyof typeof messageType];

/** How it went (virNetMessageStatus). In a stream, `ok` ends it, `error` aborts it and `continue` carries data. */
export const messageStatus = { ok: 0, error: 1, continue: 2 } as const;

export type MessageStatus = (typeof messageStatus)[keyof typeof messageStatus];

/** The six words that follow the length of every message. */
export interface Header {
  readonly program: number;
  readonly procedure: number;
  readonly type: MessageType;
  /** Chosen by the caller and repeated in the answer. 0 in keepalive; of no meaning in an event (servers send 1). */
  readonly serial: number;
  readonly status: MessageStatus;
}

export function writeHeader(writer: XdrWriter, header: Header): void {
  writer.u32(header.program);
  writer.u32(programVersion);
  writer.i32(header.procedure);
  writer.i32(header.type);
  writer.u32(header.serial);
  writer.i32(header.status);
}

/** Reads the header from the 24 bytes behind the length word; numbers outside of the protocol are PROTOCOL errors. */
export function readHeader(bytes: Buffer): Header {
  const reader = new XdrReader(bytes);
  const program = reader.u32();
  const version = reader.u32();
  const procedure = reader.i32();
  const type = reader.i32();
  const serial = reader.u32();
  const status = reader.i32();
  if (version !== programVersion) throw protocolError(`version ${version} of program 0x${program.toString(16)}`);
  if (type < 0 || type > messageType.streamHole) throw protocolError(`message type ${type}`);
  if (status < 0 || status > messageStatus.continue) throw protocolError(`message status ${status}`);
  return { program, procedure, type: type as MessageType, serial, status: status as MessageStatus };
}

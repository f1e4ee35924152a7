import { type LibvirtError, protocolError } from '../error.ts';
import { type MessageStatus, messageType } from '../protocol/header.ts';
import { encodeHead, encodeMessage } from '../protocol/message.ts';
import { limits } from '../protocol/programs.ts';
import { holeOf, streamHole } from '../protocol/stream-hole.ts';
import type { Frame } from './frame-reader.ts';
import type { StreamPort, StreamSink } from './stream-port.ts';

/** What the streams of a connection need of it. */
export interface StreamCarrier {
  /** Queues bytes; resolves when there is room for more, or nothing can be sent any more. */
  send(...parts: Uint8Array[]): Promise<void>;
  hold(port: object): void;
  release(port: object): void;
}

interface Stream {
  readonly program: number;
  readonly procedure: number;
  /** Undefined until the reply that opens the stream has come. */
  sink: StreamSink | undefined;
  /** Packets that came before it, and their bytes. */
  early: Frame[];
  earlyBytes: number;
}

/** More than this before the reply is no race any more. */
const maxEarlyBytes = limits.maxMessageBytes;

/** The streams of one connection, by the serial of the calls that opened them. */
export class Streams {
  readonly #carrier: StreamCarrier;
  readonly #streams = new Map<number, Stream>();

  constructor(carrier: StreamCarrier) {
    this.#carrier = carrier;
  }

  has(serial: number): boolean {
    return this.#streams.has(serial);
  }

  /** Open ones: those whose reply has come. */
  get size(): number {
    return [...this.#streams.values()].filter(({ sink }) => sink !== undefined).length;
  }

  /**
   * A call that opens a stream goes out. The daemon's first packets may come before its reply (its event loop starts on
   * the stream while a worker still writes the reply; seen with libvirt 9.0): they wait for it.
   */
  expect(serial: number, program: number, procedure: number): void {
    this.#streams.set(serial, { program, procedure, sink: undefined, early: [], earlyBytes: 0 });
  }

  /** Its reply is decided: if that opened no stream, none is expected any more. */
  settle(serial: number): void {
    if (this.#streams.get(serial)?.sink === undefined) this.#streams.delete(serial);
  }

  /** The successful reply of an expected stream has come: its packets go to the sink, those that were early first. */
  open<S extends StreamSink>({ header: { serial } }: Frame, sinkOf: (port: StreamPort) => S): S {
    const stream = this.#streams.get(serial);
    if (stream === undefined) throw protocolError(`a stream with serial ${serial}, which no call opened`);
    const sink = sinkOf(this.#port(stream.program, stream.procedure, serial));
    stream.sink = sink;
    for (const frame of stream.early) sink.packet(frame);
    stream.early = [];
    return sink;
  }

  receive(frame: Frame): void {
    const { serial, program, procedure } = frame.header;
    const stream = this.#streams.get(serial);
    if (stream === undefined) throw protocolError(`a stream packet with serial ${serial}, which no stream has`);
    if (stream.program !== program || stream.procedure !== procedure)
      throw protocolError(`a stream packet of procedure ${procedure} in a stream of ${stream.procedure}`);
    if (stream.sink !== undefined) stream.sink.packet(frame);
    else {
      stream.early.push(frame);
      stream.earlyBytes += limits.minMessageBytes + frame.body.length;
      if (stream.earlyBytes > maxEarlyBytes) throw protocolError('a stream that runs without ever being opened');
    }
  }

  end(error: LibvirtError): void {
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    for (const { sink } of streams) sink?.lost(error);
  }

  #port(program: number, procedure: number, serial: number): StreamPort {
    const header = (status: MessageStatus, type: 3 | 6 = messageType.stream) =>
      ({ program, procedure, type, serial, status }) as const;
    const port: StreamPort = {
      send: async (status, body = new Uint8Array()) => {
        if (this.#streams.has(serial)) await this.#carrier.send(encodeHead(header(status), body.length), body);
      },
      sendHole: async (holeBytes) => {
        const hole = encodeMessage(header(2, messageType.streamHole), streamHole, holeOf(holeBytes));
        if (this.#streams.has(serial)) await this.#carrier.send(hole);
      },
      hold: () => this.#carrier.hold(port),
      release: () => this.#carrier.release(port),
      close: () => {
        this.#streams.delete(serial);
        this.#carrier.release(port);
      },
    };
    return port;
  }
}

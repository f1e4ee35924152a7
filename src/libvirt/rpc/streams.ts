import { type LibvirtError, protocolError } from '../error.ts';
import { type MessageStatus, messageType } from '../protocol/header.ts';
import { encodeHead, encodeMessage } from '../protocol/message.ts';
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

interface OpenStream {
  readonly program: number;
  readonly procedure: number;
  readonly sink: StreamSink;
}

/** The open streams of one connection, by the serial of the calls that opened them. */
export class Streams {
  readonly #carrier: StreamCarrier;
  readonly #open = new Map<number, OpenStream>();

  constructor(carrier: StreamCarrier) {
    this.#carrier = carrier;
  }

  has(serial: number): boolean {
    return this.#open.has(serial);
  }

  get size(): number {
    return this.#open.size;
  }

  /** Makes a stream of a call whose successful reply just came; its packets go to the sink from now on. */
  open<S extends StreamSink>(reply: Frame, sinkOf: (port: StreamPort) => S): S {
    const { program, procedure, serial } = reply.header;
    const sink = sinkOf(this.#port(program, procedure, serial));
    this.#open.set(serial, { program, procedure, sink });
    return sink;
  }

  receive(frame: Frame): void {
    const { serial, program, procedure } = frame.header;
    const stream = this.#open.get(serial);
    if (stream === undefined) throw protocolError(`a stream packet with serial ${serial}, which no stream has`);
    if (stream.program !== program || stream.procedure !== procedure)
      throw protocolError(`a stream packet of procedure ${procedure} in a stream of ${stream.procedure}`);
    stream.sink.packet(frame);
  }

  end(error: LibvirtError): void {
    const streams = [...this.#open.values()];
    this.#open.clear();
    for (const { sink } of streams) sink.lost(error);
  }

  #port(program: number, procedure: number, serial: number): StreamPort {
    const header = (status: MessageStatus, type: 3 | 6 = messageType.stream) =>
      ({ program, procedure, type, serial, status }) as const;
    const port: StreamPort = {
      send: async (status, body = new Uint8Array()) => {
        if (this.#open.has(serial)) await this.#carrier.send(encodeHead(header(status), body.length), body);
      },
      sendHole: async (holeBytes) => {
        const hole = encodeMessage(header(2, messageType.streamHole), streamHole, holeOf(holeBytes));
        if (this.#open.has(serial)) await this.#carrier.send(hole);
      },
      hold: () => this.#carrier.hold(port),
      release: () => this.#carrier.release(port),
      close: () => {
        this.#open.delete(serial);
        this.#carrier.release(port);
      },
    };
    return port;
  }
}

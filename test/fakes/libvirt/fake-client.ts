import type { Socket } from 'node:net';
import { errorBody } from '../../../src/libvirt/protocol/error-body.ts';
import type { Procedure } from '../../../src/libvirt/protocol/procedure.ts';
import { type ProcedureName, procedures } from '../../../src/libvirt/protocol/procedures.ts';
import type { Codec } from '../../../src/libvirt/xdr/codec.ts';
import { XdrReader } from '../../../src/libvirt/xdr/reader.ts';
import { XdrWriter } from '../../../src/libvirt/xdr/writer.ts';
import { FakeFailure, type Handlers } from './handlers.ts';
import { cut, type WireMessage, wire, wireProgram, wireStatus, wireType } from './wire.ts';

export interface FakeClientOptions {
  handlers(): Handlers;
  /** As in libvirtd.conf: at so many calls under work the client is not read from any more. */
  readonly maxClientRequests: number;
  readonly requireAuthList: boolean;
  /** Told of everything that a real client does not do. */
  readonly onViolation: (what: string) => void;
}

/** A stream of this client: what takes its packets. */
export interface FakeStream {
  packet(message: WireMessage, client: FakeClient): void;
}

/** One client of the fake: strict about every byte, as libvirtd and a little more. */
export class FakeClient {
  readonly streams = new Map<number, FakeStream>();
  /** Procedures called so far, in order. */
  readonly calls: ProcedureName[] = [];
  /** Calls that were under work at once, at most. */
  mostAtOnce = 0;
  pings = 0;
  pongs = 0;
  /** Set to leave everything unanswered, keepalive included: a stopped daemon. */
  frozen = false;
  /** Set by handlers that answer in their own time, to know which call they answer. */
  serial = 0;
  readonly socket: Socket;
  readonly #options: FakeClientOptions;
  #rest: Buffer = Buffer.alloc(0);
  #lastSerial = 0;
  #atWork = 0;
  #authListed = false;
  #opened = false;

  constructor(socket: Socket, options: FakeClientOptions) {
    this.socket = socket;
    this.#options = options;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => this.#take(chunk));
  }

  /** Sends bytes as they are. */
  raw(bytes: Buffer): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  send(message: Partial<WireMessage>): void {
    this.raw(wire(message));
  }

  ping(): void {
    this.send({ program: wireProgram.keepalive, procedure: 1, type: wireType.message });
  }

  streamPacket(
    name: ProcedureName,
    serial: number,
    status: number,
    body?: Buffer,
    type: number = wireType.stream,
  ): void {
    const { program, number } = procedures[name];
    this.send({ program, procedure: number, type, serial, status, ...(body === undefined ? {} : { body }) });
  }

  /** The bytes of an error as libvirtd encodes it. */
  static errorBytes(failure: FakeFailure): Buffer {
    return encoded(errorBody, {
      code: failure.number,
      domain: failure.domain,
      message: failure.message,
      level: 2,
      dom: null,
      str1: '%s',
      str2: failure.message,
      str3: null,
      int1: failure.int1,
      int2: -1,
      net: null,
    });
  }

  #take(chunk: Buffer): void {
    if (this.frozen) return;
    try {
      const { messages, rest } = cut(Buffer.concat([this.#rest, chunk]));
      this.#rest = rest;
      for (const message of messages) this.#receive(message);
    } catch (error) {
      this.#options.onViolation((error as Error).message);
      this.socket.destroy();
    }
  }

  #receive(message: WireMessage): void {
    if (message.version !== 1) throw new Error(`version ${message.version}`);
    if (message.program === wireProgram.keepalive) this.#keepalive(message);
    // libvirtd ignores packets of a stream that is over: they may have been under way.
    else if (message.type === wireType.stream || message.type === wireType.hole)
      this.streams.get(message.serial)?.packet(message, this);
    else this.#call(message);
  }

  #keepalive(message: WireMessage): void {
    if (message.serial !== 0 || message.body.length > 0 || message.type !== wireType.message)
      throw new Error('a keepalive message that is none');
    if (message.procedure === 2) {
      this.pongs++;
      return;
    }
    this.pings++;
    this.send({ program: wireProgram.keepalive, procedure: 2, type: wireType.message });
  }

  #call({ program, procedure, serial, type, status, body }: WireMessage): void {
    if (type !== wireType.call || status !== wireStatus.ok) throw new Error(`type ${type}, status ${status}`);
    if (serial <= this.#lastSerial) throw new Error(`serial ${serial} after ${this.#lastSerial}`);
    this.#lastSerial = serial;
    const entry = (Object.entries(procedures) as [ProcedureName, Procedure][]).find(
      ([, spec]) => spec.program === program && spec.number === procedure,
    );
    if (entry === undefined) throw new Error(`procedure ${procedure} of program ${program}`);
    const [name, spec] = entry;
    this.#inOrder(name);
    const args = spec.args.decode(new XdrReader(body));
    if (!encoded(spec.args, args).equals(body)) throw new Error(`${name}: its arguments are not canonical XDR`);
    this.calls.push(name);
    void this.#answer(name, spec, serial, args);
  }

  async #answer(name: ProcedureName, spec: Procedure, serial: number, args: unknown): Promise<void> {
    this.#atWork++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atWork);
    // A real daemon reads no further either, keepalive included.
    if (this.#atWork >= this.#options.maxClientRequests) this.socket.pause();
    const reply = { program: spec.program, procedure: spec.number, type: wireType.reply, serial };
    try {
      const handler = this.#options.handlers()[name] as ((args: unknown, client: FakeClient) => unknown) | undefined;
      if (handler === undefined) throw new FakeFailure(3, `this function is not supported by the fake: ${name}`);
      this.serial = serial;
      const result = await handler(args, this);
      if (!this.frozen) this.send({ ...reply, status: wireStatus.ok, body: encoded(spec.reply, result) });
    } catch (error) {
      const failure = error instanceof FakeFailure ? error : new FakeFailure(1, String(error));
      if (!this.frozen) this.send({ ...reply, status: wireStatus.error, body: FakeClient.errorBytes(failure) });
    }
    this.#atWork--;
    if (this.#atWork < this.#options.maxClientRequests) this.socket.resume();
  }

  /** AUTH_LIST comes first, then the features, then OPEN once, then all others. */
  #inOrder(name: ProcedureName): void {
    if (name === 'authList') this.#authListed = true;
    else if (this.#options.requireAuthList && !this.#authListed) throw new Error(`${name} before authList`);
    if (name === 'connectOpen') {
      if (this.#opened) throw new Error('a second connectOpen');
      this.#opened = true;
    } else if (!this.#opened && !['authList', 'authPolkit', 'connectSupportsFeature', 'connectClose'].includes(name))
      throw new Error(`${name} before connectOpen`);
  }
}

export function encoded<T>(codec: Codec<T>, value: T): Buffer {
  const writer = new XdrWriter(64 * 1024 * 1024);
  codec.encode(writer, value);
  return writer.finish();
}

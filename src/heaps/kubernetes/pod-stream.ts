import { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { MemoirError } from '../../domain/memoir-error.ts';
import { type ApiStatus, parseStatus } from './refusal.ts';

/** The channels of `v4.channel.k8s.io` and `v5.channel.k8s.io`: the first byte of each message. */
const channel = { stdin: 0, stdout: 1, stderr: 2, status: 3, close: 255 } as const;
const maxComplaint = 2000;
const maxStatusBytes = 64 * 1024;
/** Messages to the cluster are kept small: proxies on the way have limits. */
const maxMessageBytes = 32 * 1024;
/** How long a program may take to end and say so when its input has ended. */
const goodbyeMs = 2000;

/**
 * Standard input and output of a program in a pod. What is not read is not taken from the socket either, so that a program that
 * writes fast waits, and not this server's memory. Destroying it ends the program's input, by which our programs end.
 */
export class PodStream extends Duplex {
  readonly #socket: WebSocket;
  readonly #settled = Promise.withResolvers<ApiStatus | null>();
  #complaint = '';
  #over = false;

  constructor(socket: WebSocket) {
    super();
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#take(data, isBinary));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => {
      this.#settled.resolve(null);
      this.#end();
      this.destroy();
    });
    this.on('error', () => undefined);
  }

  /** What the program said on its standard error so far. */
  get complaint(): string {
    return this.#complaint;
  }

  /** How the program ended; null if the connection ended unexpectedly of it. */
  get ended(): Promise<ApiStatus | null> {
    return this.#settled.promise;
  }

  #take(data: Buffer, isBinary: boolean): void {
    const bytes = Buffer.from(data);
    if (!isBinary || bytes.length === 0) {
      this.#refuse();
      return;
    }
    const content = bytes.subarray(1);
    switch (bytes[0]) {
      case channel.stdout:
        // A message without content is how some servers say that a channel is open.
        if (content.length > 0 && !this.#over && !this.push(content)) this.#socket.pause();
        return;
      case channel.stderr:
        if (this.#complaint.length < maxComplaint) this.#complaint += content.toString('utf8').slice(0, maxComplaint);
        return;
      case channel.status:
        this.#settled.resolve(parseStatus(content.subarray(0, maxStatusBytes).toString('utf8')));
        this.#end();
        this.#socket.close();
        return;
      case channel.close:
        if (content[0] === channel.stdout) this.#end();
        return;
      default:
        this.#refuse();
    }
  }

  #end(): void {
    this.#over = true;
    this.push(null);
  }

  #refuse(): void {
    this.destroy(new MemoirError('TARGET_UNAVAILABLE', 'the cluster sent an unexpected stream'));
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const send = (offset: number): void => {
      const piece = chunk.subarray(offset, offset + maxMessageBytes);
      const last = offset + piece.length >= chunk.length;
      this.#socket.send(Buffer.concat([Buffer.of(channel.stdin), piece]), (error) => {
        if (error != null || last) done(error ?? null);
        else send(offset + piece.length);
      });
    };
    send(0);
  }

  override _final(done: () => void): void {
    this.#endInput();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const socket = this.#socket;
    socket.resume();
    if (socket.readyState === socket.OPEN) {
      // The end of its input first: to close the socket does not end the program everywhere.
      this.#endInput();
      socket.close();
    }
    const late = setTimeout(() => socket.terminate(), goodbyeMs);
    socket.once('close', () => clearTimeout(late));
    if (socket.readyState === socket.CLOSED) clearTimeout(late);
    done(error);
  }

  /** Only v5 can say that the input ended and go on listening. */
  #endInput(): void {
    const socket = this.#socket;
    if (socket.protocol === 'v5.channel.k8s.io' && socket.readyState === socket.OPEN) {
      socket.send(Buffer.of(channel.close, channel.stdin), () => undefined);
    }
  }
}

import type { Duplex } from 'node:stream';
import { asLibvirtError, LibvirtError, protocolError } from '../error.ts';
import { messageStatus, messageType } from '../protocol/header.ts';
import { CallQueue } from './call-queue.ts';
import { type Frame, FrameReader } from './frame-reader.ts';
import { isKeepalive, Keepalive } from './keepalive.ts';
import type { CallRequest } from './pending-call.ts';
import { Streams } from './streams.ts';

export interface SessionOptions {
  readonly maxInFlight: number;
  readonly maxWaiting: number;
  readonly keepaliveIntervalMs: number;
  readonly keepaliveCount: number;
  /** Takes the messages that are neither answers nor streams nor keepalive. Throws PROTOCOL at one that it does not know. */
  readonly onMessage: (frame: Frame) => void;
  /** See CallQueueOptions. */
  readonly onLost?: () => void;
}

/** Unread bytes on our way out beyond which a PING is not answered: who does not read does not need a PONG. */
const keepaliveBacklogBytes = 64 * 1024;

/**
 * The protocol on one byte stream: messages in and out, told apart by their kind. It ends once, by `end`, by the peer
 * or by the first thing that is not as the protocol has it; then every call and stream fails, and the byte stream is
 * destroyed. Nothing restarts it.
 */
export class Session {
  /** Resolves when the session has ended: with the reason, or with undefined when it was our own wish. Never rejects. */
  readonly ended: Promise<LibvirtError | undefined>;
  readonly streams: Streams;
  readonly #duplex: Duplex;
  readonly #reader: FrameReader;
  readonly #calls: CallQueue;
  readonly #keepalive: Keepalive;
  readonly #onMessage: (frame: Frame) => void;
  readonly #holders = new Set<object>();
  #roomWaiters: (() => void)[] = [];
  #resolveEnded!: (reason: LibvirtError | undefined) => void;
  #over = false;

  constructor(duplex: Duplex, options: SessionOptions) {
    this.#duplex = duplex;
    this.#onMessage = options.onMessage;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#reader = new FrameReader((frame) => this.#receive(frame));
    this.streams = new Streams({
      send: (...parts) => this.#sendAll(parts),
      hold: (port) => this.#hold(port),
      release: (port) => this.#release(port),
    });
    this.#calls = new CallQueue({
      send: (message) => void this.#duplex.write(message),
      serialTaken: (serial) => this.streams.has(serial),
      maxInFlight: options.maxInFlight,
      maxWaiting: options.maxWaiting,
      ...(options.onLost === undefined ? {} : { onLost: options.onLost }),
    });
    this.#keepalive = new Keepalive({
      intervalMs: options.keepaliveIntervalMs,
      count: options.keepaliveCount,
      send: (message) => {
        if (duplex.writableLength < keepaliveBacklogBytes) duplex.write(message);
      },
      onSilent: (error) => this.end(error),
    });
    duplex.on('data', (chunk: Buffer) => this.#take(chunk));
    duplex.on('drain', () => this.#makeRoom());
    // Errors of ours come from the transport, which knows what helps.
    const broke = (error: Error): void =>
      this.end(error instanceof LibvirtError ? error : lost(`the connection broke: ${error.message}`, error));
    duplex.on('error', broke);
    duplex.on('end', () => this.end(lost(this.#reader.midway ? 'the daemon hung up in mid-message' : hungUp)));
    duplex.on('close', () => this.end(lost(hungUp)));
    // A transport may have read from it before, which leaves a stream paused.
    duplex.resume();
    // It may have ended before this session began to listen.
    if (duplex.destroyed) broke(duplex.errored ?? new Error(hungUp));
  }

  /** Calls waiting and at the server, and open streams. */
  get load(): { readonly waiting: number; readonly inFlight: number; readonly streams: number } {
    return { ...this.#calls.load, streams: this.streams.size };
  }

  get lost(): number {
    return this.#calls.lost;
  }

  /** See CallQueue. */
  retire(): void {
    this.#calls.retire();
  }

  call<T>(request: CallRequest<T>): Promise<T> {
    return this.#calls.submit(request);
  }

  /** From now on, asks a silent peer for a sign of life. Its own questions are answered in any case. */
  startKeepalive(): void {
    if (!this.#over) this.#keepalive.start();
  }

  /** Ends the session; `reason` is undefined when that is our own wish. Idempotent: the first reason stays. */
  end(reason: LibvirtError | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#keepalive.stop();
    const error = reason === undefined ? new LibvirtError('CLOSED', 'the connection was closed') : asLost(reason);
    this.#calls.end(error);
    this.streams.end(error);
    this.#makeRoom();
    // Errors that come behind the end are of no interest, but must not be uncaught: the 'error' listener stays.
    this.#duplex.destroy();
    this.#resolveEnded(reason);
  }

  #take(chunk: Buffer): void {
    this.#keepalive.heard();
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.end(asLibvirtError(error, 'PROTOCOL'));
    }
  }

  #receive(frame: Frame): void {
    // Messages that lay in the same chunk behind the one that ended the session.
    if (this.#over) return;
    const { type, status } = frame.header;
    if (isKeepalive(frame)) this.#keepalive.receive(frame);
    else if (type === messageType.reply) this.#calls.receive(frame);
    else if (type === messageType.stream || type === messageType.streamHole) this.streams.receive(frame);
    else if (type === messageType.message && status === messageStatus.ok) this.#onMessage(frame);
    else throw protocolError(`a message of type ${type} and status ${status}, which a server does not send`);
  }

  async #sendAll(parts: readonly Uint8Array[]): Promise<void> {
    if (this.#over) return;
    this.#duplex.cork();
    for (const part of parts) if (part.length > 0) this.#duplex.write(part);
    this.#duplex.uncork();
    if (this.#duplex.writableNeedDrain) await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
  }

  #makeRoom(): void {
    const waiters = this.#roomWaiters;
    this.#roomWaiters = [];
    for (const resolve of waiters) resolve();
  }

  #hold(port: object): void {
    if (this.#over) return;
    this.#holders.add(port);
    this.#keepalive.pause();
    this.#duplex.pause();
  }

  #release(port: object): void {
    if (!this.#holders.delete(port) || this.#holders.size > 0 || this.#over) return;
    this.#keepalive.resume();
    this.#duplex.resume();
  }
}

const hungUp = 'the daemon closed the connection';

function lost(text: string, cause?: unknown): LibvirtError {
  return new LibvirtError('CONNECTION_LOST', text, cause === undefined ? {} : { cause });
}

/** What calls and streams fail with: always CONNECTION_LOST, so that one code means it, with the reason as its cause. */
function asLost(reason: LibvirtError): LibvirtError {
  return reason.code === 'CONNECTION_LOST' ? reason : lost(`the connection was given up: ${reason.message}`, reason);
}

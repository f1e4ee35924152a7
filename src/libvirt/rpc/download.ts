import { Readable } from 'node:stream';
import { type LibvirtError, protocolError } from '../error.ts';
import { decodeError } from '../protocol/error-body.ts';
import { messageStatus, messageType } from '../protocol/header.ts';
import { decodeHole } from '../protocol/stream-hole.ts';
import type { Frame } from './frame-reader.ts';
import { aborted } from './pending-call.ts';
import type { StreamPart, StreamPort, StreamSink } from './stream-port.ts';

export interface DownloadOptions {
  /** For texts. */
  readonly name: string;
  /** Whether holes were asked for. Then this is an object stream of bytes and `{holeBytes}`. */
  readonly sparse: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes that wait for a slow reader before the connection is read no further. */
const bufferedBytes = 1024 * 1024;
/** The same for a sparse stream, which counts parts of at most 262,120 bytes. */
const bufferedParts = 4;

/**
 * Bytes that the server sends. The end is a handshake: the server ends its data with an empty `continue`, we say `ok`, it
 * says `ok`, and only then does this stream end: what it delivered is complete. `destroy` (and the signal) before that
 * aborts the transfer at the server.
 */
export class Download extends Readable implements StreamSink {
  readonly #port: StreamPort;
  readonly #sparse: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;
  #state: 'reading' | 'finishing' | 'aborting' | 'over' = 'reading';

  constructor(port: StreamPort, options: DownloadOptions) {
    super({ objectMode: options.sparse, highWaterMark: options.sparse ? bufferedParts : bufferedBytes });
    this.#port = port;
    this.#sparse = options.sparse;
    this.#signal = options.signal;
    this.#onAbort = () => this.destroy(aborted(options.name, options.signal));
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    // It may fail before whoever opened it had a chance to listen: the error then waits in `errored`, where pipeline,
    // finished and iteration find it, and is no uncaught exception.
    this.on('error', () => undefined);
  }

  packet(frame: Frame): void {
    const { status } = frame.header;
    if (this.#state === 'aborting') {
      // What was under way still arrives; the server's `ok` (or an error of its own) is the last of it.
      if (status !== messageStatus.continue) this.#close();
      return;
    }
    if (status === messageStatus.error) {
      const error = decodeError(frame.body);
      this.#close();
      this.destroy(error);
    } else if (status === messageStatus.ok) this.#confirmed(frame);
    else this.#data(frame);
  }

  lost(error: LibvirtError): void {
    this.#state = 'over';
    this.destroy(error);
  }

  override _read(): void {
    this.#port.release();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#port.release();
    if (this.#state === 'reading') void this.#port.send(messageStatus.error);
    if (this.#state !== 'over') this.#state = 'aborting';
    done(error);
  }

  #data({ header, body }: Frame): void {
    if (this.#state === 'finishing') throw protocolError('stream data behind the end of the stream');
    if (header.type === messageType.streamHole) {
      if (!this.#sparse) throw protocolError('a hole in a stream that was not asked to be sparse');
      this.#deliver({ holeBytes: decodeHole(body) });
    } else if (body.length > 0) this.#deliver(body);
    else {
      this.#state = 'finishing';
      void this.#port.send(messageStatus.ok);
    }
  }

  #deliver(part: StreamPart): void {
    try {
      if (!this.push(part)) this.#port.hold();
    } catch (error) {
      // Thrown by a listener that got the part at once: its own stream's failure, not the connection's.
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #confirmed({ header, body }: Frame): void {
    if (this.#state !== 'finishing' || body.length > 0 || header.type !== messageType.stream)
      throw protocolError('a stream confirmed before its end');
    this.#close();
    this.push(null);
  }

  #close(): void {
    this.#state = 'over';
    this.#port.close();
  }
}

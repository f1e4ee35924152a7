import { Writable } from 'node:stream';
import { LibvirtError, protocolError } from '../error.ts';
import { decodeError } from '../protocol/error-body.ts';
import { messageStatus, messageType } from '../protocol/header.ts';
import { limits } from '../protocol/programs.ts';
import type { Frame } from './frame-reader.ts';
import { aborted } from './pending-call.ts';
import { isHole, type StreamPart, type StreamPort, type StreamSink } from './stream-port.ts';

export interface UploadOptions {
  /** For texts. */
  readonly name: string;
  /** Whether the server was told that holes may come. Then this is an object stream of bytes and `{holeBytes}`. */
  readonly sparse: boolean;
  /** The length that the server was told; 0 if it was told none. Nothing beyond it is sent. */
  readonly length: bigint;
  readonly signal?: AbortSignal | undefined;
}

type Done = (error?: Error | null) => void;

/**
 * Bytes that go to the server, in packets of the size that it takes. `finish` (the end of a `pipeline`) comes when the
 * server has confirmed the whole; an error of the server (a full disk) destroys the stream with it. `destroy` (and the
 * signal) before the end aborts the transfer at the server. More than was announced is refused before it is sent: libvirtd
 * 11.3 dies of it (a double free).
 */
export class Upload extends Writable implements StreamSink {
  readonly #port: StreamPort;
  readonly #sparse: boolean;
  readonly #length: bigint;
  #taken = 0n;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;
  #state: 'writing' | 'finishing' | 'aborting' | 'over' = 'writing';
  #finished: Done | undefined;

  constructor(port: StreamPort, options: UploadOptions) {
    super({ objectMode: options.sparse, decodeStrings: true });
    this.#port = port;
    this.#sparse = options.sparse;
    this.#length = options.length;
    this.#signal = options.signal;
    this.#onAbort = () => this.destroy(aborted(options.name, options.signal));
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    // It may fail before whoever opened it had a chance to listen: the error then waits in `errored`, where pipeline,
    // finished and iteration find it, and is no uncaught exception.
    this.on('error', () => undefined);
  }

  packet(frame: Frame): void {
    const { status, type } = frame.header;
    if (status === messageStatus.continue || type === messageType.streamHole)
      throw protocolError('data from the server in a stream that goes to it');
    if (this.#state === 'aborting') {
      this.#close();
    } else if (status === messageStatus.error) {
      const error = decodeError(frame.body);
      this.#close();
      this.#fail(error);
    } else {
      if (this.#state !== 'finishing' || frame.body.length > 0)
        throw protocolError('a stream confirmed before its end');
      this.#close();
      this.#finished?.();
    }
  }

  lost(error: LibvirtError): void {
    this.#state = 'over';
    this.#fail(error);
  }

  override _write(part: StreamPart, _encoding: string, done: Done): void {
    this.#send(part).then(() => done(), done);
  }

  override _final(done: Done): void {
    // After an error of the server there is no end to be confirmed: `destroy` is on its way.
    if (this.#state !== 'writing') return;
    this.#state = 'finishing';
    this.#finished = done;
    void this.#port.send(messageStatus.ok);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    if (this.#state === 'writing') void this.#port.send(messageStatus.error);
    if (this.#state !== 'over') this.#state = 'aborting';
    done(error);
  }

  async #send(part: StreamPart): Promise<void> {
    if (isHole(part) && !this.#sparse)
      throw new LibvirtError('INVALID_VALUE', 'a hole in an upload that was not opened as sparse');
    this.#taken += isHole(part) ? part.holeBytes : BigInt(part.length);
    if (this.#length > 0n && this.#taken > this.#length)
      throw new LibvirtError(
        'INVALID_VALUE',
        `an upload of ${this.#length} bytes was given ${this.#taken}: announce the length that it has, or none`,
      );
    if (isHole(part)) {
      await this.#port.sendHole(part.holeBytes);
      return;
    }
    for (let start = 0; start < part.length && this.#state === 'writing'; start += limits.maxStreamBytes)
      await this.#port.send(messageStatus.continue, part.subarray(start, start + limits.maxStreamBytes));
  }

  #fail(error: LibvirtError): void {
    if (this.#finished === undefined) this.destroy(error);
    else this.#finished(error);
  }

  #close(): void {
    this.#state = 'over';
    this.#port.close();
  }
}

import { closeSync, constants, mkdirSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { MemoirError } from '../../domain/memoir-error.ts';

const gatheredBytes = 256 * 1024;

/**
 * Bytes that came before their turn, put on disk so that memory stays bounded and the source is never kept waiting. The file
 * has no name from its first moment on: whatever ends the process ends the file.
 *
 * Writing is synchronous on purpose: it goes to the page cache at memory speed, and the thread has nothing better to do than
 * to take the source's bytes out of its way.
 */
export class Spool {
  readonly #folder: string;
  readonly #limitBytes: number;
  #descriptor: number | undefined;
  #size = 0;
  /** The last bytes that were appended, not written yet. */
  readonly #gathering = new Uint8Array(gatheredBytes);
  #gathered = 0;
  /** Bytes that were read ahead, and where they lie. */
  readonly #ahead = new Uint8Array(gatheredBytes);
  #aheadAt = 0;
  #aheadBytes = 0;

  constructor(folder: string, limitBytes: number) {
    this.#folder = folder;
    this.#limitBytes = limitBytes;
  }

  /** Bytes appended so far. */
  get size(): number {
    return this.#size;
  }

  /** Answers where the bytes lie. Pages are gathered before they are written: a call for each would cost more than its bytes. */
  append(bytes: Uint8Array): number {
    const at = this.#size;
    if (at + bytes.length > this.#limitBytes) {
      throw new MemoirError(
        'CAPTURE_FAILED',
        `the memory arrived in an order that needs more than ${this.#limitBytes} bytes of spool`,
      );
    }
    this.#descriptor ??= openNameless(this.#folder);
    if (this.#gathered + bytes.length > this.#gathering.length) this.#flush();
    if (bytes.length > this.#gathering.length) this.#write(this.#descriptor, bytes, at);
    else {
      this.#gathering.set(bytes, this.#gathered);
      this.#gathered += bytes.length;
    }
    this.#size += bytes.length;
    return at;
  }

  /** Fills `target` with what was appended at `at`; with that, what lies behind it is read too, since it is wanted next. */
  read(at: number, target: Uint8Array): void {
    const written = this.#size - this.#gathered;
    if (at >= written) {
      target.set(this.#gathering.subarray(at - written, at - written + target.length));
      return;
    }
    if (target.length > this.#ahead.length / 2) {
      this.#readInto(at, target);
      return;
    }
    if (at < this.#aheadAt || at + target.length > this.#aheadAt + this.#aheadBytes) {
      this.#aheadBytes = Math.min(this.#ahead.length, written - at);
      this.#aheadAt = at;
      this.#readInto(at, this.#ahead.subarray(0, this.#aheadBytes));
    }
    target.set(this.#ahead.subarray(at - this.#aheadAt, at - this.#aheadAt + target.length));
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #flush(): void {
    if (this.#gathered === 0 || this.#descriptor === undefined) return;
    this.#write(this.#descriptor, this.#gathering.subarray(0, this.#gathered), this.#size - this.#gathered);
    this.#gathered = 0;
  }

  #write(descriptor: number, bytes: Uint8Array, at: number): void {
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(descriptor, bytes, done, bytes.length - done, at + done);
      }
    } catch (cause) {
      const full = ['ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException).code ?? '');
      throw new MemoirError(full ? 'NO_SPACE' : 'STORAGE_FAILED', 'the spool of early memory could not be written', {
        cause,
      });
    }
  }

  #readInto(at: number, target: Uint8Array): void {
    for (let done = 0; done < target.length; ) {
      const count =
        this.#descriptor === undefined ? 0 : readSync(this.#descriptor, target, done, target.length - done, at + done);
      if (count === 0)
        throw new MemoirError('STORAGE_FAILED', 'the spool of early memory is shorter than what was written to it');
      done += count;
    }
  }
}

function openNameless(folder: string): number {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, `spool-${process.pid}-${process.hrtime.bigint()}`);
    const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const descriptor = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    unlinkSync(path);
    return descriptor;
  } catch (cause) {
    throw new MemoirError('STORAGE_FAILED', `no spool can be made in ${folder}`, { cause });
  }
}

import { closeSync, constants, mkdirSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { MemoirError } from '../../domain/memoir-error.ts';

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

  constructor(folder: string, limitBytes: number) {
    this.#folder = folder;
    this.#limitBytes = limitBytes;
  }

  /** Bytes on disk so far. */
  get size(): number {
    return this.#size;
  }

  /** Answers where the bytes lie. */
  append(bytes: Uint8Array): number {
    this.#descriptor ??= openNameless(this.#folder);
    const at = this.#size;
    if (at + bytes.length > this.#limitBytes) {
      throw new MemoirError(
        'CAPTURE_FAILED',
        `the memory arrived in an order that needs more than ${this.#limitBytes} bytes of spool`,
      );
    }
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#descriptor, bytes, done, bytes.length - done, at + done);
      }
    } catch (cause) {
      const full = ['ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException).code ?? '');
      throw new MemoirError(full ? 'NO_SPACE' : 'STORAGE_FAILED', 'the spool of early memory could not be written', {
        cause,
      });
    }
    this.#size += bytes.length;
    return at;
  }

  /** Fills `target` with what was appended at `at`. */
  read(at: number, target: Uint8Array): void {
    for (let done = 0; done < target.length; ) {
      const count =
        this.#descriptor === undefined ? 0 : readSync(this.#descriptor, target, done, target.length - done, at + done);
      if (count === 0)
        throw new MemoirError('STORAGE_FAILED', 'the spool of early memory is shorter than what was written to it');
      done += count;
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
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

import { constants, readSync, writeSync } from 'node:fs';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { MemoirError } from '../../domain/memoir-error.ts';

const gatheredBytes = 256 * 1024;

/**
 * Bytes that came before their turn, put on disk so that memory stays bounded and the source is never kept waiting. The file
 * has no name from its first moment on: whatever ends the process ends the file, and whatever ends the thread closes its
 * handle.
 *
 * Writing is synchronous on purpose: it goes to the page cache at memory speed, and the thread has nothing better to do than
 * to take the source's bytes out of its way.
 */
export class Spool {
  readonly #handle: FileHandle;
  readonly #limitBytes: number;
  /** How long the file became. */
  #size = 0;
  /** Places of large pieces that nobody wants any more, by their length: pages that the kernel has at hand, instead of new ones. */
  readonly #free = new Map<number, number[]>();
  /** The last bytes that were appended, not written yet. */
  readonly #gathering = new Uint8Array(gatheredBytes);
  #gathered = 0;
  /** Bytes that were read ahead, and where they lie. */
  readonly #ahead = new Uint8Array(gatheredBytes);
  #aheadAt = 0;
  #aheadBytes = 0;

  private constructor(handle: FileHandle, limitBytes: number) {
    this.#handle = handle;
    this.#limitBytes = limitBytes;
  }

  static async open(folder: string, limitBytes: number): Promise<Spool> {
    return new Spool(await openNameless(folder), limitBytes);
  }

  /** What it takes on the disk. */
  get size(): number {
    return this.#size;
  }

  /** Answers where the bytes lie. Pages are gathered before they are written: a call for each would cost more than its bytes. */
  append(bytes: Uint8Array): number {
    const free = this.#free.get(bytes.length)?.pop();
    if (free !== undefined) {
      this.#write(bytes, free);
      return free;
    }
    const at = this.#size;
    if (at + bytes.length > this.#limitBytes) {
      throw new MemoirError(
        'CAPTURE_FAILED',
        `the memory arrived in an order that needs more than ${this.#limitBytes} bytes of spool`,
      );
    }
    if (this.#gathered + bytes.length > this.#gathering.length) this.#flush();
    if (bytes.length > this.#gathering.length) this.#write(bytes, at);
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

  /** What was appended there is not read again. Only the places of large pieces are used again: the small ones lie together. */
  free(at: number, length: number): void {
    if (length <= this.#gathering.length) return;
    const places = this.#free.get(length) ?? [];
    this.#free.set(length, places);
    places.push(at);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  #flush(): void {
    if (this.#gathered === 0) return;
    this.#write(this.#gathering.subarray(0, this.#gathered), this.#size - this.#gathered);
    this.#gathered = 0;
  }

  #write(bytes: Uint8Array, at: number): void {
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#handle.fd, bytes, done, bytes.length - done, at + done);
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
      const count = readSync(this.#handle.fd, target, done, target.length - done, at + done);
      if (count === 0)
        throw new MemoirError('STORAGE_FAILED', 'the spool of early memory is shorter than what was written to it');
      done += count;
    }
  }
}

async function openNameless(folder: string): Promise<FileHandle> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, `spool-${process.pid}-${process.hrtime.bigint()}`);
    const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const handle = await open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    await unlink(path);
    return handle;
  } catch (cause) {
    throw new MemoirError('STORAGE_FAILED', `no spool can be made in ${folder}`, { cause });
  }
}

import { constants, readSync, writevSync } from 'node:fs';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { MemoirError } from '../../domain/memoir-error.ts';
import { codeOf } from '../../domain/thrown.ts';
import { SpaceGuard } from '../../storage/free-space.ts';

/**
 * Frames that came before their turn, put on disk so that memory stays bounded and the source is never kept waiting: a file of
 * slots, each as large as a frame, which are used again. The file has no name from its first moment on: whatever ends the
 * process ends the file, and whatever ends the thread closes its handle.
 *
 * Writing is synchronous on purpose: it goes to the page cache at memory speed, and the thread has nothing better to do than
 * to take the source's bytes out of its way.
 */
export class Spool {
  readonly slotBytes: number;
  readonly #handle: FileHandle;
  readonly #limitBytes: number;
  readonly #guard: SpaceGuard;
  readonly #zeros: Uint8Array;
  /** Slots that the file has, and those of them that are free: a bit each. */
  #slots = 0;
  #free = new Uint8Array(64);
  #freeSlots = 0;
  /** No byte of `#free` before this one has a bit. */
  #firstFree = 0;

  private constructor(handle: FileHandle, slotBytes: number, limitBytes: number, guard: SpaceGuard) {
    this.#handle = handle;
    this.#guard = guard;
    this.slotBytes = slotBytes;
    this.#limitBytes = limitBytes;
    this.#zeros = new Uint8Array(slotBytes);
  }

  static async open(folder: string, slotBytes: number, limitBytes: number): Promise<Spool> {
    return new Spool(await openNameless(folder), slotBytes, limitBytes, new SpaceGuard(folder));
  }

  /** What it takes on the disk at most. */
  get size(): number {
    return this.#slots * this.slotBytes;
  }

  /** A slot for a frame that will be written whole. */
  take(): number {
    return this.#reuse() ?? this.#grow();
  }

  /** A slot in which everything that is not written is zero. */
  takeZeroed(): number {
    const slot = this.#reuse();
    // What the file was never written at reads as zeros.
    if (slot === undefined) return this.#grow();
    this.write(slot, 0, [this.#zeros]);
    return slot;
  }

  /** Writes pieces that follow each other, from an offset in the slot on. */
  write(slot: number, offset: number, pieces: readonly Uint8Array[]): void {
    const at = slot * this.slotBytes + offset;
    this.#guard.spend(pieces.reduce((sum, { length }) => sum + length, 0));
    try {
      let done = 0;
      for (let left = pieces; left.length > 0; left = after(pieces, done)) {
        done += writevSync(this.#handle.fd, left, at + done);
      }
    } catch (cause) {
      const full = ['ENOSPC', 'EDQUOT'].includes(codeOf(cause) ?? '');
      throw new MemoirError(full ? 'NO_SPACE' : 'STORAGE_FAILED', 'the spool of early memory could not be written', {
        cause,
      });
    }
  }

  /** Fills `target` from the slot's start on; what lies behind everything that was written is zero. */
  read(slot: number, target: Uint8Array): void {
    const at = slot * this.slotBytes;
    let done = 0;
    while (done < target.length) {
      const count = readSync(this.#handle.fd, target, done, target.length - done, at + done);
      if (count === 0) break;
      done += count;
    }
    target.fill(0, done);
  }

  /** The slot is not read again. */
  free(slot: number): void {
    const byte = slot >> 3;
    this.#free[byte] = (this.#free[byte] ?? 0) | (1 << (slot & 7));
    this.#freeSlots += 1;
    if (byte < this.#firstFree) this.#firstFree = byte;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  #reuse(): number | undefined {
    if (this.#freeSlots === 0) return undefined;
    while (this.#free[this.#firstFree] === 0) this.#firstFree += 1;
    const bits = this.#free[this.#firstFree] ?? 0;
    const bit = 31 - Math.clz32(bits & -bits);
    this.#free[this.#firstFree] = bits & ~(1 << bit);
    this.#freeSlots -= 1;
    return this.#firstFree * 8 + bit;
  }

  #grow(): number {
    if (this.size + this.slotBytes > this.#limitBytes) {
      throw new MemoirError(
        'CAPTURE_FAILED',
        `the memory arrived in an order that needs more than ${this.#limitBytes} bytes of spool`,
      );
    }
    const slot = this.#slots++;
    if (slot >> 3 >= this.#free.length) {
      const larger = new Uint8Array(this.#free.length * 2);
      larger.set(this.#free);
      this.#free = larger;
    }
    return slot;
  }
}

/** What is left of pieces of which so many bytes are written. */
function after(pieces: readonly Uint8Array[], done: number): readonly Uint8Array[] {
  const left: Uint8Array[] = [];
  let skip = done;
  for (const piece of pieces) {
    if (skip < piece.length) left.push(piece.subarray(skip));
    skip = Math.max(0, skip - piece.length);
  }
  return left;
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

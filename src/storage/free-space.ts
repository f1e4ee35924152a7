import { statfsSync } from 'node:fs';
import { MemoirError } from '../domain/memoir-error.ts';

const largestReserve = 256 * 1024 * 1024;
/** Most that is written between two looks at the file system. */
const stepBytes = 16 * 1024 * 1024;

/** Bytes that stay free for the journal and everybody else: a twentieth of the file system, at most 256 MiB, unless told. */
export function reserveOf(totalBytes: number, wanted?: number): number {
  return wanted ?? Math.min(largestReserve, Math.floor(totalBytes / 20));
}

/** What a file system has; a seam for tests. */
export type FileSystemSpace = (folder: string) => { readonly freeBytes: number; readonly totalBytes: number };

const spaceOf: FileSystemSpace = (folder) => {
  const { bavail, blocks, bsize } = statfsSync(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
};

/**
 * Keeps the reserve of a file system free while much is written there: what was admitted may still turn out too large, and
 * others write too. Cheap enough for every write.
 */
export class SpaceGuard {
  readonly #folder: string;
  readonly #reserveBytes: number | undefined;
  readonly #spaceOf: FileSystemSpace;
  /** May be written before the file system is asked again. */
  #leftBytes = 0;

  constructor(folder: string, reserveBytes?: number, ask: FileSystemSpace = spaceOf) {
    this.#folder = folder;
    this.#reserveBytes = reserveBytes;
    this.#spaceOf = ask;
  }

  /** To be called before so many bytes are written; NO_SPACE if they would take of the reserve. */
  spend(bytes: number): void {
    if (bytes <= this.#leftBytes) {
      this.#leftBytes -= bytes;
      return;
    }
    const { freeBytes, totalBytes } = this.#spaceOf(this.#folder);
    const reserve = reserveOf(totalBytes, this.#reserveBytes);
    const afterBytes = freeBytes - reserve - bytes;
    if (afterBytes < 0)
      throw new MemoirError(
        'NO_SPACE',
        `${this.#folder} has ${freeBytes} bytes free, of which ${reserve} are kept for the journal and others`,
        { details: { freeBytes, reserveBytes: reserve } },
      );
    // Others write too: the closer the end, the more often it is looked at.
    this.#leftBytes = Math.min(stepBytes, Math.floor(afterBytes / 8));
  }
}

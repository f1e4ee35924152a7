import { pageBytes } from '../../machines/memory-source.ts';
import type { Spool } from './spool.ts';

/**
 * Pages that arrived before their turn, by page number: a guest's freshly written pages come first in a background snapshot.
 * A few in memory, the rest in the spool.
 */
export class EarlyPages {
  readonly #spool: Spool;
  readonly #memoryLimit: number;
  readonly #inMemory = new Map<number, Uint8Array>();
  /** Page number → place in the spool. */
  readonly #spooled = new Map<number, number>();

  constructor(spool: Spool, memoryBytes: number) {
    this.#spool = spool;
    this.#memoryLimit = Math.floor(memoryBytes / pageBytes);
  }

  /** Keeps a copy of one page; false if that page is kept already. */
  put(page: number, bytes: Uint8Array): boolean {
    if (this.#inMemory.has(page) || this.#spooled.has(page)) return false;
    if (this.#inMemory.size < this.#memoryLimit) this.#inMemory.set(page, new Uint8Array(bytes));
    else this.#spooled.set(page, this.#spool.append(bytes));
    return true;
  }

  /** Moves one page into `target`; false if it is not here. */
  take(page: number, target: Uint8Array): boolean {
    const kept = this.#inMemory.get(page);
    if (kept !== undefined) {
      target.set(kept);
      this.#inMemory.delete(page);
      return true;
    }
    const at = this.#spooled.get(page);
    if (at === undefined) return false;
    this.#spool.read(at, target);
    this.#spooled.delete(page);
    return true;
  }

  get isEmpty(): boolean {
    return this.#inMemory.size === 0 && this.#spooled.size === 0;
  }
}

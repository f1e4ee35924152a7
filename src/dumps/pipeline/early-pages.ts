import type { Spool } from './spool.ts';

/** Where early pages go that memory has no room for; see Spool. */
export type SlotStore = Pick<Spool, 'takeZeroed' | 'write' | 'read' | 'free'>;

/** A stretch of a frame. */
interface Run {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * Pages that arrived before their turn, by frame: a guest's freshly written pages come first in a background snapshot. They
 * are gathered in memory; when that is full, all of them go to the spool, each frame to a slot of its own. What a frame has
 * no page for is zero. It takes the memory it is given, and four bytes for each frame of the guest.
 */
export class EarlyPages {
  readonly #spool: SlotStore;
  readonly #memoryLimit: number;
  readonly #frames: number;
  readonly #gathered = new Map<number, Run[]>();
  #gatheredBytes = 0;
  /** By frame: its slot's number plus one; 0 for none. Made when memory was full for the first time. */
  #slots: Uint32Array | undefined;

  constructor(spool: SlotStore, frames: number, memoryBytes: number) {
    this.#spool = spool;
    this.#frames = frames;
    this.#memoryLimit = memoryBytes;
  }

  /** Keeps a copy of pages that lie at an offset of a frame. */
  put(frame: number, offset: number, bytes: Uint8Array): void {
    if (this.#gatheredBytes + bytes.length > this.#memoryLimit) this.#spill();
    const run = { offset, bytes: new Uint8Array(bytes) };
    const runs = this.#gathered.get(frame);
    if (runs === undefined) this.#gathered.set(frame, [run]);
    else runs.push(run);
    this.#gatheredBytes += bytes.length;
  }

  has(frame: number): boolean {
    return this.#gathered.has(frame) || (this.#slots?.[frame] ?? 0) > 0;
  }

  /** Moves what is kept of a frame to its places in `target`, which is zero elsewhere. */
  take(frame: number, target: Uint8Array): void {
    const slot = (this.#slots?.[frame] ?? 0) - 1;
    if (this.#slots !== undefined && slot >= 0) {
      this.#spool.read(slot, target);
      this.#spool.free(slot);
      this.#slots[frame] = 0;
    }
    for (const { offset, bytes } of this.#gathered.get(frame) ?? []) {
      target.set(bytes, offset);
      this.#gatheredBytes -= bytes.length;
    }
    this.#gathered.delete(frame);
  }

  #spill(): void {
    this.#slots ??= new Uint32Array(this.#frames);
    for (const [frame, runs] of this.#gathered) {
      if (this.#slots[frame] === 0) this.#slots[frame] = this.#spool.takeZeroed() + 1;
      const slot = (this.#slots[frame] ?? 0) - 1;
      runs.sort((left, right) => left.offset - right.offset);
      // Pages that follow each other are written by one call: a call for each would cost more than its bytes.
      let start = 0;
      let end = 0;
      let pieces: Uint8Array[] = [];
      for (const { offset, bytes } of runs) {
        if (offset !== end && pieces.length > 0) {
          this.#spool.write(slot, start, pieces);
          pieces = [];
        }
        if (pieces.length === 0) start = offset;
        pieces.push(bytes);
        end = offset + bytes.length;
      }
      this.#spool.write(slot, start, pieces);
    }
    this.#gathered.clear();
    this.#gatheredBytes = 0;
  }
}

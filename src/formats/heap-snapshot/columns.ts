/*
 * Reads of a graph's columns: 0 beyond the end, which a consistent graph never asks for. One function for each kind of
 * column, because V8 compiles a function that meets several kinds to slower code for all of them.
 */

export const byteAt = (column: Uint8Array, index: number): number => column[index] ?? 0;

export const wordAt = (column: Uint32Array, index: number): number => column[index] ?? 0;

export const doubleAt = (column: Float64Array, index: number): number => column[index] ?? 0;

export const sizeAt = (column: ArrayLike<number>, index: number): number => column[index] ?? 0;

/** Adds up the counts in `first`, so that group `n` will be `first[n - 1]` up to `first[n]`; answers the total. */
export function runningTotals(first: Uint32Array): number {
  let total = 0;
  for (let index = 0; index < first.length; index++) {
    total += wordAt(first, index);
    first[index] = total;
  }
  return total;
}

/** Gives the memory of a column back now, not when the collector comes by: nobody may read it after. */
export function release(column: Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): void {
  column.buffer.transfer(0);
}

/** The same with twice the room. */
export function longer(column: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  return new Uint32Array(column.buffer.transfer(column.byteLength * 2));
}

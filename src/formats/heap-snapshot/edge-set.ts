import { byteAt } from './columns.ts';

/** Some of a graph's edges: one bit each. */
export class EdgeSet {
  readonly #bits: Uint8Array;

  constructor(edgeCount: number) {
    this.#bits = new Uint8Array((edgeCount + 7) >>> 3);
  }

  has(edge: number): boolean {
    return (byteAt(this.#bits, edge >>> 3) & (1 << (edge & 7))) !== 0;
  }

  add(edge: number): void {
    this.#bits[edge >>> 3] = byteAt(this.#bits, edge >>> 3) | (1 << (edge & 7));
  }
}

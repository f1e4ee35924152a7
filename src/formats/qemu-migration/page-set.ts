const SEGMENT_PAGES = 32_768;

/** A set of page numbers as a bitmap that grows with the pages that are in it, not with the largest that may come. */
export class PageSet {
  readonly #segments = new Map<number, Uint32Array>();
  #last: Uint32Array = new Uint32Array();
  #lastNumber = -1;
  #size = 0;

  /** How many pages are in the set. */
  get size(): number {
    return this.#size;
  }

  /** Adds a page; false if it was in the set already. */
  add(page: number): boolean {
    const number = Math.floor(page / SEGMENT_PAGES);
    if (number !== this.#lastNumber) this.#select(number);
    const bit = page % SEGMENT_PAGES;
    const word = this.#last[bit >>> 5] ?? 0;
    const mask = 1 << (bit & 31);
    if ((word & mask) !== 0) return false;
    this.#last[bit >>> 5] = word | mask;
    this.#size++;
    return true;
  }

  #select(number: number): void {
    let segment = this.#segments.get(number);
    if (segment === undefined) {
      segment = new Uint32Array(SEGMENT_PAGES / 32);
      this.#segments.set(number, segment);
    }
    this.#last = segment;
    this.#lastNumber = number;
  }
}

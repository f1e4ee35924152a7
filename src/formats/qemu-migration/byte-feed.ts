/**
 * A window over bytes that come in chunks. Whoever reads looks at `bytes` from `at` up to `end` and moves `at`; when
 * the window is too small for what comes next, `yield* more(n)` makes it at least `n` bytes, waiting for chunks by
 * yielding. Bytes are copied only where a piece lies across the border of two chunks, and never more than `n`.
 */
export class ByteFeed {
  bytes: Uint8Array = new Uint8Array();
  at = 0;
  end = 0;
  #next: Uint8Array = new Uint8Array();
  #given = 0;
  readonly #joined: Uint8Array;

  /** `largest` is the most that is ever asked of `more`. */
  constructor(largest: number) {
    this.#joined = new Uint8Array(largest);
  }

  /** Position of `at` in the stream. */
  get offset(): number {
    return this.offsetOf(this.at);
  }

  /** Position in the stream of a byte of the window. */
  offsetOf(at: number): number {
    return this.#given - this.#next.length - (this.end - at);
  }

  /** Hands over the next chunk. The one before has been used up: that is when `more` yields. */
  give(chunk: Uint8Array): void {
    this.#next = chunk;
    this.#given += chunk.length;
  }

  *more(needed: number): Generator<void, void, void> {
    let have = this.end - this.at;
    while (have < needed) {
      if (have === 0 && this.#next.length >= needed) {
        this.#window(this.#next, this.#next.length);
        this.#next = this.#next.subarray(this.#next.length);
        return;
      }
      if (this.bytes !== this.#joined || this.at !== 0) this.#joined.set(this.bytes.subarray(this.at, this.end));
      const taken = Math.min(needed - have, this.#next.length);
      this.#joined.set(this.#next.subarray(0, taken), have);
      this.#next = this.#next.subarray(taken);
      have += taken;
      this.#window(this.#joined, have);
      if (have < needed) yield;
    }
  }

  /** Everything that has been given and not been read; the window is empty afterwards. Only for the end of reading. */
  rest(): Uint8Array {
    const rest = Buffer.concat([this.bytes.subarray(this.at, this.end), this.#next]);
    this.#next = new Uint8Array();
    this.at = this.end;
    return rest;
  }

  #window(bytes: Uint8Array, end: number): void {
    this.bytes = bytes;
    this.at = 0;
    this.end = end;
  }
}

import { type MemorySink, pageBytes } from '../memory-source.ts';

/**
 * Gathers neighbouring pages, so that a sink is called once for many. Pages come ascending; those with contents lie one after
 * the other in the caller's buffer, from its beginning, and `room` says where the next one goes.
 */
export class PageRuns {
  readonly #sink: MemorySink;
  readonly #wire: { readonly page: number; readonly zero: number };
  #dataFrom = 0;
  #dataPages = 0;
  #zeroFrom = 0;
  #zeroPages = 0;
  #passedBytes = 0;
  #wireBytes = 0;

  constructor(sink: MemorySink, wire: { readonly page: number; readonly zero: number }) {
    this.#sink = sink;
    this.#wire = wire;
  }

  /** Bytes of the image that have been handed over. */
  get passedBytes(): number {
    return this.#passedBytes;
  }

  get room(): number {
    return this.#dataPages * pageBytes;
  }

  /** A page that was written to the buffer at `room`. */
  page(index: number, buffer: Buffer): void {
    if (this.#zeroPages > 0) this.pause(buffer);
    if (this.#dataPages === 0) this.#dataFrom = index;
    this.#dataPages += 1;
  }

  zero(index: number, buffer: Buffer): void {
    if (this.#dataPages > 0) this.pause(buffer);
    if (this.#zeroPages === 0) this.#zeroFrom = index;
    this.#zeroPages += 1;
  }

  /** Hands over what is gathered. */
  pause(buffer: Buffer): void {
    if (this.#dataPages > 0) {
      this.#sink.data(this.#dataFrom * pageBytes, buffer.subarray(0, this.#dataPages * pageBytes));
      this.#passed(this.#dataPages, this.#wire.page);
      this.#dataPages = 0;
    }
    if (this.#zeroPages > 0) {
      this.#sink.zero(this.#zeroFrom * pageBytes, this.#zeroPages * pageBytes);
      this.#passed(this.#zeroPages, this.#wire.zero);
      this.#zeroPages = 0;
    }
  }

  /** One page out of turn; nothing may be gathered. */
  single(index: number, bytes: Uint8Array): void {
    this.#sink.data(index * pageBytes, bytes);
    this.#passed(1, this.#wire.page);
  }

  #passed(pages: number, wirePerPage: number): void {
    this.#passedBytes += pages * pageBytes;
    this.#wireBytes += pages * wirePerPage;
    this.#sink.received(this.#wireBytes);
  }
}

import { Wake } from './wake.ts';

/** What a stream takes from: the next item that is ready, `undefined` to wait for a knock, `'END'` when there will be none. */
export type Take<T> = () => Promise<{ readonly value: T } | undefined | 'END'>;

/**
 * An async iterator that holds no queue: it asks for the next item when its reader does, and sleeps between knocks. Made by
 * hand and not as an async generator, because `return()` of a generator waits for a pending `next()`: a subscriber that
 * leaves while nothing happens would stay for ever.
 */
export class PullStream<T> implements AsyncIterableIterator<T> {
  readonly #take: Take<T>;
  readonly #onEnd: () => void;
  readonly #wake = new Wake();
  #ended = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(take: Take<T>, onEnd: () => void) {
    this.#take = take;
    this.#onEnd = onEnd;
  }

  /** Something may be ready. */
  knock(): void {
    this.#wake.knock();
  }

  /** No more items; a waiting `next()` answers that it is done. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd();
    this.#wake.knock();
  }

  /** Overlapping calls are answered one after the other, in order. */
  next(): Promise<IteratorResult<T>> {
    const result = this.#turn.then(() => this.#next());
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #next(): Promise<IteratorResult<T>> {
    try {
      while (!this.#ended) {
        const item = await this.#take();
        if (this.#ended) break;
        if (item === 'END') this.end();
        else if (item !== undefined) return { done: false, value: item.value };
        else await this.#wake.wait();
      }
    } catch (error) {
      this.end();
      throw error;
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<T>> {
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

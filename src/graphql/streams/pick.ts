/**
 * Passes on what `choose` makes of each value; what it makes undefined of is left out. Not an async generator, because
 * `return()` of one waits for a pending `next()`: here it ends the source at once, and with it the waiting reader.
 */
export function pick<T, U>(
  source: AsyncIterableIterator<T>,
  choose: (value: T) => U | undefined,
): AsyncIterableIterator<U> {
  return {
    async next() {
      for (;;) {
        const { done, value } = await source.next();
        if (done) return { done: true, value: undefined };
        const chosen = choose(value);
        if (chosen !== undefined) return { done: false, value: chosen };
      }
    },
    async return() {
      await source.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

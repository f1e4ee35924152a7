/**
 * Passes on what `map` makes of each value; what it makes undefined of is left out. Not an async generator, because `return()`
 * of one waits for a pending `next()`: here it ends the source at once, and with it the waiting reader.
 */
export function mapStream<T, U>(
  source: AsyncIterator<T>,
  map: (value: T) => U | undefined | Promise<U | undefined>,
): AsyncIterableIterator<U> {
  return {
    async next() {
      for (;;) {
        const { done, value } = await source.next();
        if (done) return { done: true, value: undefined };
        try {
          const mapped = await map(value);
          if (mapped !== undefined) return { done: false, value: mapped };
        } catch (error) {
          // Who reads a stream that failed does not end it, and the source has not failed.
          await source.return?.();
          throw error;
        }
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

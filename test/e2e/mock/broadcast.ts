/** One sender, many readers; each reader has a queue of its own and sees what is sent after it began to listen. */
export interface Broadcast<T> {
  send(value: T): void;
  listen(): AsyncIterableIterator<T>;
}

export function broadcast<T>(): Broadcast<T> {
  const readers = new Set<(value: T) => void>();
  return {
    send: (value) => {
      for (const reader of readers) reader(value);
    },
    listen: () => {
      const queue: T[] = [];
      let wake: (() => void) | undefined;
      let over = false;
      const reader = (value: T) => {
        queue.push(value);
        wake?.();
      };
      readers.add(reader);
      return {
        async next() {
          while (queue.length === 0 && !over) {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
          return over ? { done: true, value: undefined } : { done: false, value: queue.shift() as T };
        },
        async return() {
          over = true;
          readers.delete(reader);
          wake?.();
          return { done: true, value: undefined };
        },
        [Symbol.asyncIterator]() {
          return this;
        },
      };
    },
  };
}

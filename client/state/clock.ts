import { useSyncExternalStore } from 'react';
import { usePage } from './page.ts';

/** Ticks once a second while someone listens. */
export interface Clock {
  subscribe(listener: () => void): () => void;
}

export function createClock(): Clock {
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    subscribe(listener) {
      listeners.add(listener);
      timer ??= setInterval(() => {
        for (const each of listeners) each();
      }, 1000);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}

/** What `read` makes of the time now; looked at once a second by one clock, and rendered again only when it differs. */
export function useClock<T extends string | number | boolean>(read: (now: number) => T): T {
  return useSyncExternalStore(usePage().clock.subscribe, () => read(Date.now()));
}

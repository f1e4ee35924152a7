import { vi } from 'vitest';

/** How many listeners were added to a signal since and not removed again. */
export function listenersOf(signal: AbortSignal): () => number {
  const added = vi.spyOn(signal, 'addEventListener');
  const removed = vi.spyOn(signal, 'removeEventListener');
  return () => {
    const gone = removed.mock.calls.map(([, listener]) => listener);
    return added.mock.calls.filter(([, listener]) => !gone.includes(listener)).length;
  };
}

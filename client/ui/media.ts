import { useSyncExternalStore } from 'react';

/** Whether the screen is narrower than `width` (in em, so that large text counts as a small screen). */
export function useNarrow(width: string): boolean {
  const query = `(width < ${width})`;
  return useSyncExternalStore(
    (listener) => {
      const list = window.matchMedia(query);
      list.addEventListener('change', listener);
      return () => list.removeEventListener('change', listener);
    },
    () => window.matchMedia(query).matches,
  );
}

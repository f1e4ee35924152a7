import { useEffect, useState } from 'react';

/** At the latest after this. */
const patienceMs = 1000;

/** Calls `act` in the next moment in which the browser has nothing else to do; the returned function takes that back. */
export function whenQuiet(act: () => void): () => void {
  if (typeof requestIdleCallback !== 'function') {
    const timer = setTimeout(act, 50);
    return () => clearTimeout(timer);
  }
  const id = requestIdleCallback(act, { timeout: patienceMs });
  return () => cancelIdleCallback(id);
}

/** False for the first paint, and true in the first quiet moment after `ready`: for what is costly and not what one came for. */
export function useQuiet(ready = true): boolean {
  const [isQuiet, setQuiet] = useState(false);
  useEffect(() => {
    if (!ready) return;
    return whenQuiet(() => setQuiet(true));
  }, [ready]);
  return isQuiet;
}

import { useCallback, useSyncExternalStore } from 'react';
import type { DumpProgressSubscription } from '../api/generated/graphql.ts';
import { usePage } from './page.ts';

/** The newest that is known of a dump on its way. */
export type Tick = DumpProgressSubscription['dumpProgress'];

export interface LiveProgress {
  receive(tick: Tick): void;
  get(id: string): Tick | undefined;
  subscribe(id: string, listener: () => void): () => void;
  forget(ids: Iterable<string>): void;
  /** Listeners are told nothing until it is released; then what they missed. */
  hold(isHeld: boolean): void;
}

/**
 * Ticks outside of React and of the cache: the latest wins, and listeners are told at most once per `everyMs`, together, when
 * the browser is about to draw. Fifty dumps then cost one pass over fifty rows, however many ticks come.
 */
export function createLiveProgress(everyMs = 200, draw: (act: () => void) => void = requestDrawing): LiveProgress {
  const ticks = new Map<string, Tick>();
  const listeners = new Map<string, Set<() => void>>();
  const changed = new Set<string>();
  let waiting = false;
  let held = false;

  function publish(): void {
    waiting = false;
    if (held) return;
    const ids = [...changed];
    changed.clear();
    for (const id of ids) for (const listener of listeners.get(id) ?? []) listener();
  }

  return {
    receive(tick) {
      ticks.set(tick.id, tick);
      changed.add(tick.id);
      if (waiting) return;
      waiting = true;
      setTimeout(() => draw(publish), everyMs);
    },
    get: (id) => ticks.get(id),
    subscribe(id, listener) {
      const set = listeners.get(id) ?? new Set();
      listeners.set(id, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0) listeners.delete(id);
      };
    },
    forget(ids) {
      for (const id of ids) ticks.delete(id);
    },
    hold(isHeld) {
      held = isHeld;
      if (!held && !waiting) publish();
    },
  };
}

/** A hidden page draws nothing, but must not let its listeners wait for that. */
function requestDrawing(act: () => void): void {
  if (document.hidden) act();
  else requestAnimationFrame(act);
}

export function useTick(id: string): Tick | undefined {
  const { progress } = usePage();
  const subscribe = useCallback((listener: () => void) => progress.subscribe(id, listener), [progress, id]);
  return useSyncExternalStore(subscribe, () => progress.get(id));
}

/** A part of the newest tick: a plain value, so that whoever reads it is not disturbed by the others. */
export function useTickPart<T extends string | number | boolean | null>(
  id: string,
  read: (tick: Tick | undefined) => T | undefined,
): T | undefined {
  const { progress } = usePage();
  const subscribe = useCallback((listener: () => void) => progress.subscribe(id, listener), [progress, id]);
  return useSyncExternalStore(subscribe, () => read(progress.get(id)));
}

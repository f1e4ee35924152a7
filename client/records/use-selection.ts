import { useCallback, useMemo, useRef, useState } from 'react';

/** Rows of a page that were ticked. */
export interface Selection {
  readonly chosen: ReadonlySet<string>;
  /** One row, or with `range` all from the one before to this one. */
  readonly toggle: (id: string, on: boolean, range: boolean) => void;
  readonly set: (ids: readonly string[]) => void;
}

/** `ids` are the rows that are there, in order; what is no longer among them is no longer selected. */
export function useSelection(ids: readonly string[]): Selection {
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const last = useRef<string>(null);
  const rows = useRef(ids);
  rows.current = ids;
  const toggle = useCallback<Selection['toggle']>((id, on, range) => {
    const [from, to] = [rows.current.indexOf(last.current ?? id), rows.current.indexOf(id)];
    last.current = id;
    const changed = range && from >= 0 ? rows.current.slice(Math.min(from, to), Math.max(from, to) + 1) : [id];
    setTicked((before) => (on ? before.union(new Set(changed)) : before.difference(new Set(changed))));
  }, []);
  const set = useCallback((all: readonly string[]) => setTicked(new Set(all)), []);
  const text = ids.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text stands for the ids, which are a new list at each render
  const chosen = useMemo(() => ticked.intersection(new Set(ids)), [ticked, text]);
  return useMemo(() => ({ chosen, toggle, set }), [chosen, toggle, set]);
}

import { createStore, type Store } from './store.ts';

/** Ids that this browser remembers, the newest of them. */
export interface IdSet extends Pick<Store<ReadonlySet<string>>, 'get' | 'subscribe'> {
  add(ids: Iterable<string>): void;
  delete(ids: Iterable<string>): void;
}

const kept = 500;

/** In memory only, unless it has a `name` to be stored under. */
export function createIdSet(name?: string): IdSet {
  const key = `memoir.${name}`;
  const store = createStore<ReadonlySet<string>>(new Set(name === undefined ? [] : read(key)));
  function set(ids: readonly string[]): void {
    const newest = ids.slice(-kept);
    store.set(new Set(newest));
    if (name === undefined) return;
    try {
      localStorage.setItem(key, JSON.stringify(newest));
    } catch {
      // Storage may be full or forbidden: the set then lasts as long as the page.
    }
  }
  return {
    get: store.get,
    subscribe: store.subscribe,
    add: (ids) => set([...new Set([...store.get(), ...ids])]),
    delete(ids) {
      const gone = new Set(ids);
      set([...store.get()].filter((id) => !gone.has(id)));
    },
  };
}

function read(key: string): readonly string[] {
  try {
    const ids: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}

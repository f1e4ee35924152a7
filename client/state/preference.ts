import { createStore, type Store } from './store.ts';

/** A choice that this browser remembers; anything that is not one of `choices` counts as the first. */
export function createPreference<T extends string>(name: string, choices: readonly [T, ...T[]]): Store<T> {
  const key = `memoir.${name}`;
  const store = createStore<T>(choices.find((choice) => choice === read(key)) ?? choices[0]);
  return {
    ...store,
    set(value) {
      try {
        localStorage.setItem(key, value);
      } catch {
        // Storage may be full or forbidden: the choice then lasts as long as the page.
      }
      store.set(value);
    },
  };
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** In which zone times are shown. */
export const zonePreference = createPreference('zone', ['LOCAL', 'UTC']);
/** Which size the tables show: what the artifact takes on disk, or the memory that it holds. */
export const sizePreference = createPreference('size', ['DISK', 'MEMORY']);
/** Whether the list of records follows what happens, or stands still to be read. */
export const livePreference = createPreference('live', ['ON', 'OFF']);

import { createStore, type Store } from './store.ts';

/** A choice that this browser remembers; anything that is not one of `choices` counts as the first. */
function createPreference<T extends string>(name: string, choices: readonly [T, ...T[]]): Store<T> {
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

export interface Preferences {
  /** In which zone times are shown. */
  readonly zone: Store<'LOCAL' | 'UTC'>;
  /** Which size the tables show: what the artifact takes on disk, or the memory that it holds. */
  readonly size: Store<'DISK' | 'MEMORY'>;
  /** Whether the browser tells what ended while the page is not looked at, and the tab's title says how far dumps are. */
  readonly notify: Store<'OFF' | 'ON'>;
  readonly titleProgress: Store<'OFF' | 'ON'>;
  /** Whether the list of records follows what happens, or stands still to be read. */
  readonly live: Store<'ON' | 'OFF'>;
}

export const createPreferences = (): Preferences => ({
  zone: createPreference('zone', ['LOCAL', 'UTC']),
  size: createPreference('size', ['DISK', 'MEMORY']),
  live: createPreference('live', ['ON', 'OFF']),
  notify: createPreference('notify', ['OFF', 'ON']),
  titleProgress: createPreference('title', ['OFF', 'ON']),
});

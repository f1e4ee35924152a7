import { createContext, useContext } from 'react';
import type { Role } from '../api/generated/graphql.ts';
import { type ActivityLog, createActivityLog } from './activity.ts';
import { type Clock, createClock } from './clock.ts';
import type { Connection } from './connection.ts';
import { createDialogs, type Dialogs } from './dialogs.ts';
import type { Place } from './event-stream.ts';
import { createFreshness, type Freshness } from './freshness.ts';
import { createIdSet, type IdSet } from './id-set.ts';
import { createLiveProgress, type LiveProgress } from './live-progress.ts';
import { createLiveUsage, type LiveUsage } from './live-usage.ts';
import { createPreferences, type Preferences } from './preference.ts';
import { recall } from './remembered.ts';
import { createStore, type Store } from './store.ts';
import { createToasts, type Toasts } from './toasts.ts';

/** The page's own view of the event stream, for header, banner and log. */
export interface LiveState {
  /** Number of the newest event that was read. */
  readonly seq: number | null;
  /** The last absence, shown for some seconds after it. */
  readonly returned: { readonly awayMs: number; readonly caughtUp: number } | null;
}

/** Everything that the page knows beside what React holds and the server answered. One per page; made in main.tsx. */
export interface PageState {
  readonly activity: ActivityLog;
  readonly clock: Clock;
  readonly connection: Store<Connection>;
  readonly dialogs: Dialogs;
  /** Failed dumps that were dismissed from the list of failures. */
  readonly dismissed: IdSet;
  /** Dumps that will be deleted unless that is undone in time. */
  readonly deleting: IdSet;
  readonly freshness: Freshness;
  /** What the screen is called: the first part of the tab's title. */
  readonly heading: Store<string>;
  readonly live: Store<LiveState>;
  readonly preferences: Preferences;
  readonly progress: LiveProgress;
  /** The role of this browser, as the server says; null until it has. */
  readonly role: Store<Role | null>;
  readonly toasts: Toasts;
  readonly usage: LiveUsage;
  /** Where the event log was read up to before a reload; null in a new tab. */
  readonly place: Place | null;
}

export function createPageState(): PageState {
  const { place, activity } = recall();
  return {
    activity: createActivityLog(activity),
    clock: createClock(),
    connection: createStore<Connection>({ state: 'CONNECTING' }),
    dialogs: createDialogs(),
    dismissed: createIdSet('dismissed'),
    deleting: createIdSet(),
    freshness: createFreshness(),
    heading: createStore('Memoir'),
    live: createStore<LiveState>({ seq: place?.seq ?? null, returned: null }),
    preferences: createPreferences(),
    progress: createLiveProgress(),
    role: createStore<Role | null>(null),
    toasts: createToasts(),
    usage: createLiveUsage(),
    place,
  };
}

export const PageContext = createContext<PageState | null>(null);

export function usePage(): PageState {
  const page = useContext(PageContext);
  if (!page) throw new Error('usePage outside of the App');
  return page;
}

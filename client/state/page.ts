import { createContext, useContext } from 'react';
import type { Role } from '../api/generated/graphql.ts';
import type { ActivityLog } from './activity.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { Dialogs } from './dialogs.ts';
import type { Place } from './event-stream.ts';
import type { Freshness } from './freshness.ts';
import type { IdSet } from './id-set.ts';
import type { LiveProgress } from './live-progress.ts';
import type { LiveUsage } from './live-usage.ts';
import type { Preferences } from './preference.ts';
import type { Store } from './store.ts';
import type { Toasts } from './toasts.ts';

/** The page's own view of the event stream, for header, banner and log. */
export interface LiveState {
  /** Number of the newest event that was read. */
  readonly seq: number | null;
  /** The last absence, shown for some seconds after it. */
  readonly returned: { readonly awayMs: number; readonly caughtUp: number } | null;
}

/** Everything that the page knows beside what React holds and the server answered. One per page; made by `createPageState`. */
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

export const PageContext = createContext<PageState | null>(null);

export function usePage(): PageState {
  const page = useContext(PageContext);
  if (!page) throw new Error('usePage outside of the App');
  return page;
}

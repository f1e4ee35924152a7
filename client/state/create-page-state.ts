import type { Role } from '../api/generated/graphql.ts';
import { createActivityLog } from './activity.ts';
import { createClock } from './clock.ts';
import type { Connection } from './connection.ts';
import { createDialogs } from './dialogs.ts';
import { createFreshness } from './freshness.ts';
import { createIdSet } from './id-set.ts';
import { createLiveProgress } from './live-progress.ts';
import { createLiveUsage } from './live-usage.ts';
import type { LiveState, PageState } from './page.ts';
import { createPreferences } from './preference.ts';
import { recall } from './remembered.ts';
import { createStore } from './store.ts';
import { createToasts } from './toasts.ts';

/** The state of a new page, with what the tab remembers. Its readers know `page.ts` only. */
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

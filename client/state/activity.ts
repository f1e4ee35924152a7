import type { EventFieldsFragment } from '../api/generated/graphql.ts';
import { type Activity, addActivity } from './activity-entries.ts';
import { eventText, eventTone } from './event-text.ts';
import { createStore, type Store } from './store.ts';
import type { Tone } from './toasts.ts';

/** The log on the screen: events, and what the page has to say of itself. */
export interface ActivityLog extends Pick<Store<Activity>, 'get' | 'subscribe'> {
  /** Phases are for the progress bar; everything else is a line. */
  event(event: EventFieldsFragment): void;
  /** Something that is no event: an absence, a refusal. */
  page(tone: Tone, text: string): void;
}

export function createActivityLog(initial: Activity): ActivityLog {
  const store = createStore(initial);
  return {
    get: store.get,
    subscribe: store.subscribe,
    event(event) {
      if (event.type === 'PHASE') return;
      const { cursor: key, at, seq, operationId } = event;
      const entry = { key, at, seq, operationId, tone: eventTone(event), text: eventText(event) };
      store.set(addActivity(store.get(), entry));
    },
    page(tone, text) {
      const at = new Date().toISOString();
      const key = `page:${at}:${text}`;
      store.set(addActivity(store.get(), { key, at, tone, text, seq: null, operationId: null }));
    },
  };
}

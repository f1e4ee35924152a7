import type { EventFieldsFragment } from '../api/generated/graphql.ts';
import { type Activity, addActivity } from './activity-entries.ts';
import { recall } from './activity-memory.ts';
import { eventText, eventTone } from './event-text.ts';
import { createStore } from './store.ts';
import type { Tone } from './toasts.ts';

export const remembered = recall();
/** The log on the screen: events, and what the page has to say of itself. */
export const activity = createStore<Activity>(remembered.activity);

/** Phases are for the progress bar; everything else is a line. */
export function logEvent(event: EventFieldsFragment): void {
  if (event.type === 'PHASE') return;
  const { cursor: key, at, seq, operationId } = event;
  activity.set(
    addActivity(activity.get(), { key, at, seq, operationId, tone: eventTone(event), text: eventText(event) }),
  );
}

/** Something that is no event: an absence, a refusal. */
export function logPage(tone: Tone, text: string): void {
  const at = new Date().toISOString();
  const key = `page:${at}:${text}`;
  activity.set(addActivity(activity.get(), { key, at, tone, text, seq: null, operationId: null }));
}

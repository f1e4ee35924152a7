import type { EventFieldsFragment } from '../api/generated/graphql.ts';
import { eventsText, eventText, eventTone } from './event-text.ts';
import type { Tone } from './toasts.ts';

const spoken = new Set<EventFieldsFragment['type']>(['QUEUED', 'COMPLETED', 'FAILED', 'CANCELLED']);
const gatherMs = 150;

/**
 * Toasts for what begins and ends. Events of one kind and type that come together are one toast: fifty dumps that were
 * triggered at once are one sentence, not fifty.
 */
export function createEventToasts(show: (tone: Tone, text: string) => void): (event: EventFieldsFragment) => void {
  const gathered = new Map<string, EventFieldsFragment[]>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function publish(): void {
    timer = undefined;
    for (const events of gathered.values()) {
      const first = events[0] as EventFieldsFragment;
      show(eventTone(first), events.length === 1 ? eventText(first) : eventsText(first, events.length));
    }
    gathered.clear();
  }

  return (event) => {
    if (!spoken.has(event.type)) return;
    const key = `${event.kind}:${event.type}`;
    gathered.set(key, [...(gathered.get(key) ?? []), event]);
    if (timer === undefined) timer = setTimeout(publish, gatherMs);
  };
}

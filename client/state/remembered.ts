import { type Activity, noActivity } from './activity-entries.ts';
import type { Place } from './event-stream.ts';

const key = 'memoir.activity';

/** What a tab remembers over a reload, so that a reload is only a short absence. */
export interface Remembered {
  readonly place: Place | null;
  readonly activity: Activity;
}

export function recall(): Remembered {
  try {
    const { place, activity } = JSON.parse(sessionStorage.getItem(key) ?? '') as Remembered;
    if (Array.isArray(activity.entries) && typeof activity.count === 'number') return { place, activity };
  } catch {
    // Nothing there, or of another version: a fresh start.
  }
  return { place: null, activity: noActivity };
}

export function remember(remembered: Remembered): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(remembered));
  } catch {
    // Storage may be full or forbidden: then a reload starts afresh.
  }
}

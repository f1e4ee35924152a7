import type { Tone } from './toasts.ts';

export interface ActivityEntry {
  /** Unique and stable: the event's cursor, or the name of what happened to the page itself. */
  readonly key: string;
  readonly at: string;
  readonly tone: Tone;
  readonly text: string;
  /** The event's number; null for what the page says of itself. */
  readonly seq: number | null;
  readonly operationId: string | null;
}

export interface Activity {
  /** Oldest first, the last 20. */
  readonly entries: readonly ActivityEntry[];
  /** How many there were in all since the page was opened in this tab. */
  readonly count: number;
}

export const kept = 20;
export const noActivity: Activity = { entries: [], count: 0 };

/** An entry that is there already (by key) changes nothing. */
export function addActivity(activity: Activity, entry: ActivityEntry): Activity {
  if (activity.entries.some(({ key }) => key === entry.key)) return activity;
  return { entries: [...activity.entries, entry].slice(-kept), count: activity.count + 1 };
}

import type { Closable } from '../domain/closable.ts';
import type { ScheduleEvent, ScheduleRun } from './run.ts';
import type { Schedule, ScheduleSpec } from './schedule.ts';

/** A schedule as a person writes it: what `every` counts from is the moment of saving unless told. */
export type ScheduleDraft = Omit<ScheduleSpec, 'timing'> & { readonly timing: TimingDraft };
export type TimingDraft =
  | { readonly kind: 'CRON'; readonly cron: string; readonly timeZone: string }
  | { readonly kind: 'EVERY'; readonly everyMs: number; readonly anchorMs?: number };

/**
 * The front door of schedules.
 *
 * - A draft is checked before it is kept: BAD_INPUT with the field and the reason. NAME_TAKEN for a name in use.
 * - A changed or resumed schedule starts with the next due time: what came due meanwhile does not count as missed.
 * - `remove` forgets its runs as well; operations that it started go on.
 * - `events` are what needs attention (missed and failed runs), after a number, ascending; `watch` calls back when there are new ones.
 */
export interface Schedules extends Closable {
  create(draft: ScheduleDraft, actor: string): Promise<Schedule>;
  change(id: string, draft: ScheduleDraft): Promise<Schedule>;
  pause(id: string): Promise<Schedule>;
  resume(id: string): Promise<Schedule>;
  /** What was removed; NOT_FOUND. */
  remove(id: string): Promise<Schedule>;
  get(id: string): Promise<Schedule | null>;
  list(): Promise<readonly Schedule[]>;
  /** Newest first; at most 1000. */
  runs(id: string, limit: number): Promise<readonly ScheduleRun[]>;
  /** When this would be due next, whether or not it is a schedule's; at most 100. */
  upcoming(timing: TimingDraft, count: number): readonly number[];
  events(after: number, limit: number): Promise<readonly ScheduleEvent[]>;
  /** The number of the newest event; 0 before the first. */
  newestEvent(): Promise<number>;
  watch(listener: () => void): () => void;
}

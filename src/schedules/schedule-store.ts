import type { ErrorShape } from '../domain/memoir-error.ts';
import type { JournaledDue } from './missed.ts';
import type { Due, NewScheduleEvent, ScheduleEvent, ScheduleRun, Shot, ShotState } from './run.ts';
import type { Schedule, ScheduleSpec } from './schedule.ts';

/** What became due of one schedule, as planned from the schedule of this version. */
export interface DueEntry {
  readonly scheduleId: string;
  readonly version: number;
  readonly cursorMs: number;
  readonly nextDueMs: number | null;
  readonly dues: readonly JournaledDue[];
  readonly event: NewScheduleEvent | null;
}

/** The step of one shot: from WAITING or ACCEPTED. */
export interface ShotStep {
  readonly scheduleId: string;
  readonly dueMs: number;
  readonly targetId: string;
  readonly state: ShotState;
  readonly operationId?: string;
  readonly error?: ErrorShape;
  readonly event?: NewScheduleEvent;
}

/** A due time whose machines are not chosen yet, with its schedule. */
export interface OpenDue {
  readonly due: Due;
  readonly schedule: Schedule;
}

export interface WaitingShot {
  readonly shot: Shot;
  readonly schedule: Schedule;
}

/**
 * Schedules and what became of their due times. Every method that changes something is one transaction, durable when it resolves;
 * each of them may be repeated after a crash, because what is written is named by (schedule, due) and (schedule, due, target).
 *
 * - `journalDue` writes each due time once: one that is there stays as it is, but for one that was skipped although its time had
 *   not come (`journaledAtMs` before it: the clock had been set forward and back since), which opens again. An entry
 *   of another version is left out: the schedule was changed meanwhile, and is still due.
 * - `plan` chooses the machines of an open due time; where a target has `keepWaiting` waiting shots of this schedule
 *   already, the oldest of them give way (SKIPPED, with an event each).
 * - A changed schedule starts anew at `atMs`: due times before that and not journaled are no longer missed.
 */
export interface ScheduleStore {
  /** NAME_TAKEN. */
  create(schedule: Omit<Schedule, 'version' | 'floorMs'>): Promise<Schedule>;
  /** NOT_FOUND, NAME_TAKEN. */
  change(id: string, spec: ScheduleSpec, nextDueMs: number | null, atMs: number): Promise<Schedule>;
  /** What waits is cancelled by a pause. */
  setPaused(id: string, paused: boolean, nextDueMs: number | null, atMs: number): Promise<Schedule>;
  /** With its runs; false where there was none. */
  remove(id: string): Promise<boolean>;
  get(id: string): Promise<Schedule | null>;
  /** In the order of names. */
  list(): Promise<readonly Schedule[]>;
  /** Not paused, and due; or with a cursor beyond the clock, which was set back. At most `limit`. */
  due(nowMs: number, limit: number): Promise<readonly Schedule[]>;
  journalDue(entries: readonly DueEntry[], atMs: number): Promise<void>;
  open(limit: number): Promise<readonly OpenDue[]>;
  plan(
    due: Due,
    shots: readonly Shot[],
    keepWaiting: number,
    event: NewScheduleEvent | null,
    atMs: number,
  ): Promise<void>;
  /** Whose moment has come, in the order of due times. */
  waiting(nowMs: number, limit: number): Promise<readonly WaitingShot[]>;
  /** At work, of all schedules. */
  accepted(): Promise<readonly WaitingShot[]>;
  step(steps: readonly ShotStep[]): Promise<void>;
  /** The next moment at which there is something to do by the clock alone; null for none. */
  nextMoment(nowMs: number): Promise<number | null>;
  /** Newest first. */
  runs(scheduleId: string, limit: number): Promise<readonly ScheduleRun[]>;
  /** After a number, ascending. */
  events(after: number, limit: number): Promise<readonly ScheduleEvent[]>;
  /** The number of the newest event; 0 before the first. */
  newestEvent(): Promise<number>;
  /** The schedule whose run an operation is; null for others. */
  scheduleOf(operationIds: readonly string[]): Promise<readonly (string | null)[]>;
  /** Forgets runs and events from before a time, those that are not settled excepted. */
  prune(beforeMs: number): Promise<void>;
}

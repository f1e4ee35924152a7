import type { ErrorShape } from '../domain/memoir-error.ts';

/** One due time of a schedule, journaled once: (schedule, due) is unique. */
export const dueStates = ['OPEN', 'PLANNED', 'SKIPPED'] as const;

export interface Due {
  readonly scheduleId: string;
  readonly dueMs: number;
  /** OPEN until its machines are chosen; PLANNED then; SKIPPED if it was missed and the policy says so. */
  readonly state: (typeof dueStates)[number];
  /** It passed while nobody was there to act on it. */
  readonly missed: boolean;
  readonly journaledAtMs: number;
}

/** What can become of one machine of a due time. Only WAITING and ACCEPTED change any more. */
export const shotStates = {
  WAITING: { description: 'Not due yet, or blocked for now.' },
  ACCEPTED: { description: 'Its operation is queued or running.' },
  COMPLETED: { description: 'Its operation completed.' },
  FAILED: { description: 'Its operation failed.' },
  CANCELLED: { description: 'It was cancelled, or the schedule was paused before it started.' },
  REFUSED: { description: 'It could not be started; the error says why.' },
  SKIPPED: { description: 'A later run replaced it while it waited for the previous one.' },
} as const;
export type ShotState = keyof typeof shotStates;

/** One machine (or process) of a due time: (schedule, due, target) is unique, and so is its operation. */
export interface Shot {
  readonly scheduleId: string;
  readonly dueMs: number;
  /** The machine's id, or the heap target's. */
  readonly targetId: string;
  /** Its name when it was chosen: hostile input. */
  readonly targetName: string;
  readonly fireAtMs: number;
  readonly state: ShotState;
  readonly operationId: string | null;
  readonly error: ErrorShape | null;
}

/** A due time with what became of it. */
export interface ScheduleRun {
  readonly due: Due;
  readonly shots: readonly Shot[];
}

export const scheduleEventTypes = ['MISSED', 'SKIPPED', 'REFUSED', 'FAILED', 'NO_MACHINES'] as const;

/** What someone who does not watch all day has to learn. Kept, numbered without reuse. */
export interface ScheduleEvent {
  readonly seq: number;
  readonly atMs: number;
  readonly scheduleId: string;
  readonly scheduleName: string;
  /** SKIPPED: a later run of one machine took its place. MISSED: due times passed unattended. REFUSED, FAILED: one machine's run. NO_MACHINES: nothing matched the selection. */
  readonly type: (typeof scheduleEventTypes)[number];
  readonly dueMs: number;
  /** Null where it is about all machines. */
  readonly targetName: string | null;
  readonly operationId: string | null;
  readonly message: string;
}
export type NewScheduleEvent = Omit<ScheduleEvent, 'seq'>;

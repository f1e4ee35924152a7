import type { Due } from './run.ts';
import type { ScheduleSpec } from './schedule.ts';

/** So long after its due time a run is still on time: a restart takes less. */
export const onTimeMs = 60_000;

export type JournaledDue = Pick<Due, 'dueMs' | 'state' | 'missed'>;

/** What is to be journaled for due times that have come, oldest first: by the schedule's policy for those that were missed. */
export function classify(
  { missed: policy, maxCaughtUp }: Pick<ScheduleSpec, 'missed' | 'maxCaughtUp'>,
  dues: readonly number[],
  nowMs: number,
): readonly JournaledDue[] {
  const missed = dues.filter((dueMs) => nowMs - dueMs > onTimeMs);
  const onTime = dues.slice(missed.length);
  const caughtUp = policy === 'SKIP' ? 0 : policy === 'RUN_ALL' ? maxCaughtUp : onTime.length > 0 ? 0 : 1;
  const skipped = Math.max(0, missed.length - caughtUp);
  return [
    ...missed.map(
      (dueMs, index): JournaledDue => ({
        dueMs,
        state: index < skipped ? 'SKIPPED' : 'OPEN',
        missed: true,
      }),
    ),
    ...onTime.map((dueMs): JournaledDue => ({ dueMs, state: 'OPEN', missed: false })),
  ];
}

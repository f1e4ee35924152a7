import type { ScheduleFieldsFragment } from '../api/generated/graphql.ts';
import { formatSeconds } from '../format/duration.ts';
import { plainText } from '../format/plain-text.ts';

type Run = ScheduleFieldsFragment['runs'][number];

/** Which machines a schedule is about, in a few words. */
export function machinesOf({ machines }: Pick<ScheduleFieldsFragment, 'machines'>): string {
  const { names, pattern, label } = machines;
  if (names != null) return names.map(plainText).join(', ');
  return plainText(pattern ?? (label == null ? 'All running' : `Title has “${label}”`));
}

/** What a schedule takes. */
export function workOf({ heapPairWaitSeconds }: Pick<ScheduleFieldsFragment, 'heapPairWaitSeconds'>): string {
  return heapPairWaitSeconds == null
    ? 'Dumps'
    : `Heap snapshots, two of each process, ${formatSeconds(heapPairWaitSeconds)} apart`;
}

export const missedLabels = {
  SKIP: 'Skip them',
  RUN_ONCE: 'Run once',
  RUN_ALL: 'Run the newest ones',
} as const;

const ends = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  REFUSED: 'refused',
  SKIPPED: 'skipped',
  CANCELLED: 'cancelled',
  ACCEPTED: 'running',
  WAITING: 'waiting',
} as const;

/** How a run ended, in a few words: `2 completed, 1 failed`. */
export function outcomeOf({ skipped, missed, machines }: Run): string {
  if (skipped) return 'Missed and skipped';
  if (machines.length === 0) return 'No machine matched';
  const counted = (Object.keys(ends) as (keyof typeof ends)[]).flatMap((state) => {
    const count = machines.filter((one) => one.state === state).length;
    return count === 0 ? [] : [`${count} ${ends[state]}`];
  });
  return `${counted.join(', ')}${missed ? ', late' : ''}`;
}

/** Whether somebody should look at a run. */
export const isTroubled = ({ skipped, machines }: Run): boolean =>
  skipped || machines.some(({ state }) => state === 'FAILED' || state === 'REFUSED');

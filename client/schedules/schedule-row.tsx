import { useMutation } from 'urql';
import {
  DeleteScheduleDocument,
  PauseScheduleDocument,
  ResumeScheduleDocument,
  type ScheduleFieldsFragment,
} from '../api/generated/graphql.ts';
import { formatSeconds } from '../format/duration.ts';
import { plainText } from '../format/plain-text.ts';
import { useComplaint } from '../state/complain.ts';
import { usePage } from '../state/page.ts';
import { Action } from '../ui/action.tsx';
import { cell } from '../ui/data-table.tsx';
import { Moment } from '../ui/moment.tsx';
import { Name } from '../ui/name.tsx';
import { isTroubled, machinesOf, outcomeOf } from './schedule-words.ts';
import styles from './schedules.module.css';

interface Props {
  readonly schedule: ScheduleFieldsFragment;
  /** Why nothing can be changed now; null where it can. */
  readonly off: string | null;
  readonly refresh: () => void;
  readonly show: () => void;
}

export function ScheduleRow({ schedule, off, refresh, show }: Props) {
  const { id, name, paused, timing, nextDueTimes, runs, heapPairWaitSeconds } = schedule;
  const { dialogs, toasts } = usePage();
  const complain = useComplaint();
  const [, change] = useMutation(paused ? ResumeScheduleDocument : PauseScheduleDocument);
  const [, remove] = useMutation(DeleteScheduleDocument);
  const [next] = nextDueTimes;
  const [last] = runs;
  const called = plainText(name);

  async function switchIt(): Promise<void> {
    const { error } = await change({ id });
    if (error) complain('Not changed', error);
    refresh();
  }
  function askToDelete(): void {
    dialogs.question.set({
      title: `Delete the schedule ${called}?`,
      text: 'What it has captured is kept.',
      action: 'Delete schedule',
      run: async () => {
        const { error } = await remove({ id });
        if (error) complain('Not deleted', error);
        else toasts.show('success', `Deleted the schedule ${called}`);
        refresh();
      },
    });
  }
  return (
    <tr className={paused ? 'dim' : undefined}>
      <th scope="row" className={cell.first}>
        <Name>{name}</Name>
      </th>
      <td data-label="When">
        {timing.cron == null ? (
          `Every ${formatSeconds(timing.every?.seconds)}`
        ) : (
          <span>
            <code>{timing.cron.expression}</code> {timing.cron.timeZone}
          </span>
        )}
      </td>
      <td data-label="Machines">
        <span>
          {machinesOf(schedule)}
          {heapPairWaitSeconds != null && <span className="dim"> (heaps)</span>}
        </span>
      </td>
      <td data-label="Last run">
        {last === undefined ? (
          <span className="dim">None yet</span>
        ) : (
          <span className={isTroubled(last) ? styles.failed : undefined}>{outcomeOf(last)}</span>
        )}
      </td>
      <td data-label="Next">{paused ? 'Paused' : next === undefined ? 'Never' : <Moment at={next} />}</td>
      <td className={cell.actionRow}>
        <Action label={`Details of ${called}`} press={show}>
          Details
        </Action>{' '}
        <Action label={`${paused ? 'Resume' : 'Pause'} ${called}`} press={switchIt} off={off}>
          {paused ? 'Resume' : 'Pause'}
        </Action>{' '}
        <Action label={`Delete ${called}`} press={askToDelete} off={off}>
          Delete…
        </Action>
      </td>
    </tr>
  );
}

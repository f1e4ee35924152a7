import type { ScheduleFieldsFragment } from '../api/generated/graphql.ts';
import { plainText } from '../format/plain-text.ts';
import { Empty } from '../ui/answer-states.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Facts } from '../ui/facts.tsx';
import { Moment } from '../ui/moment.tsx';
import { Name } from '../ui/name.tsx';
import { isTroubled, machinesOf, missedLabels, outcomeOf, workOf } from './schedule-words.ts';
import styles from './schedules.module.css';

/** What a schedule does, its next due times, and how the last ones went. */
export function ScheduleDetails(props: { readonly schedule: ScheduleFieldsFragment; readonly close: () => void }) {
  const { schedule, close } = props;
  const { name, missed, nextDueTimes, runs, paused } = schedule;
  return (
    <Dialog
      close={close}
      size="lg"
      title={
        <>
          Schedule <Name>{name}</Name>
        </>
      }
      className={styles.details}
    >
      <Facts
        facts={[
          ['Takes', workOf(schedule)],
          ['Machines', machinesOf(schedule)],
          ['Missed runs', missedLabels[missed]],
        ]}
      />
      <section aria-label="Next due times">
        <h3>Next due times{paused && ' (paused)'}</h3>
        <ol className={styles.due}>
          {nextDueTimes.map((at) => (
            <li key={at}>
              <Moment at={at} />
            </li>
          ))}
        </ol>
      </section>
      <section aria-label="Last runs">
        <h3>Last runs</h3>
        {runs.length === 0 ? (
          <Empty>No runs yet.</Empty>
        ) : (
          <ul className={styles.runs}>
            {runs.map((run) => (
              <li key={run.dueAt}>
                <Moment at={run.dueAt} />
                <span className={isTroubled(run) ? styles.failed : undefined}>{outcomeOf(run)}</span>
                {run.machines.flatMap(({ targetName, error }) =>
                  error == null
                    ? []
                    : [
                        <span key={targetName} className="dim">
                          {plainText(targetName)}: {plainText(error.message)}
                        </span>,
                      ],
                )}
              </li>
            ))}
          </ul>
        )}
      </section>
    </Dialog>
  );
}

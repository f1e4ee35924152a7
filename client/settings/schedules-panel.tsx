import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import {
  CreateScheduleDocument,
  DeleteScheduleDocument,
  PauseScheduleDocument,
  ResumeScheduleDocument,
  ScheduleDueTimesDocument,
  type ScheduleFieldsFragment,
  SchedulesDocument,
} from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { useGuard } from '../state/authority.ts';
import { useComplaint } from '../state/complain.ts';
import { usePage } from '../state/page.ts';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { cell, DataTable } from '../ui/data-table.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Moment } from '../ui/moment.tsx';
import { Name } from '../ui/name.tsx';
import { Panel } from '../ui/panel.tsx';
import styles from './settings.module.css';

/** What is dumped by itself, and when next. */
export function SchedulesPanel({ className }: { readonly className?: string | undefined }) {
  const { data, error, refresh } = useFreshQuery(SchedulesDocument, {}, ['operations']);
  const [making, setMaking] = useState(false);
  const off = useGuard()('trigger');
  return (
    <Panel
      title="Schedules"
      className={className}
      flush
      actions={
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => setMaking(true)}
          disabled={off !== null}
          title={off ?? undefined}
        >
          New schedule…
        </Button>
      }
    >
      {error && !data ? (
        <Failure error={error} retry={refresh} />
      ) : !data ? (
        <Loading lines={3} />
      ) : data.schedules.length === 0 ? (
        <Empty>No schedules yet. A schedule dumps machines at set times.</Empty>
      ) : (
        <DataTable
          cardsBelow="64em"
          head={
            <>
              <th scope="col">Name</th>
              <th scope="col">When</th>
              <th scope="col">Machines</th>
              <th scope="col">Next</th>
              <th scope="col">
                <span className="unseen">Actions</span>
              </th>
            </>
          }
        >
          {data.schedules.map((schedule) => (
            <ScheduleRow key={schedule.id} schedule={schedule} off={off} refresh={refresh} />
          ))}
        </DataTable>
      )}
      {making && <NewSchedule close={() => setMaking(false)} done={refresh} />}
    </Panel>
  );
}

interface RowProps {
  readonly schedule: ScheduleFieldsFragment;
  /** Why nothing can be changed now; null where it can. */
  readonly off: string | null;
  readonly refresh: () => void;
}

function ScheduleRow({ schedule, off, refresh }: RowProps) {
  const { id, name, paused, timing, machines, nextDueTimes } = schedule;
  const { dialogs, toasts } = usePage();
  const complain = useComplaint();
  const [, change] = useMutation(paused ? ResumeScheduleDocument : PauseScheduleDocument);
  const [, remove] = useMutation(DeleteScheduleDocument);
  const [next] = nextDueTimes;

  async function switchIt(): Promise<void> {
    const { error } = await change({ id });
    if (error) complain('Not changed', error);
    refresh();
  }
  function askToDelete(): void {
    dialogs.question.set({
      title: `Delete the schedule ${name}?`,
      text: 'What it has dumped is kept.',
      action: 'Delete schedule',
      run: async () => {
        const { error } = await remove({ id });
        if (error) complain('Not deleted', error);
        else toasts.show('success', `Deleted the schedule ${name}`);
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
          `Every ${timing.every?.seconds ?? 0} s`
        ) : (
          <>
            <code>{timing.cron.expression}</code> {timing.cron.timeZone}
          </>
        )}
      </td>
      <td data-label="Machines">
        {machines.names?.join(', ') ?? machines.pattern ?? (machines.label == null ? 'All running' : machines.label)}
      </td>
      <td data-label="Next">{paused ? 'Paused' : next === undefined ? 'Never' : <Moment at={next} />}</td>
      <td className={cell.actions}>
        <Button size="compact-sm" variant="default" onClick={switchIt} disabled={off !== null} title={off ?? undefined}>
          {paused ? 'Resume' : 'Pause'}
        </Button>{' '}
        <Button
          size="compact-sm"
          variant="default"
          onClick={askToDelete}
          disabled={off !== null}
          title={off ?? undefined}
          aria-label={`Delete ${name}`}
        >
          Delete…
        </Button>
      </td>
    </tr>
  );
}

/** A schedule of dumps; what it means is shown before it is saved. */
function NewSchedule({ close, done }: { readonly close: () => void; readonly done: () => void }) {
  const [name, setName] = useState('');
  const [expression, setExpression] = useState('0 2 * * *');
  const [timeZone, setTimeZone] = useState(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [pattern, setPattern] = useState('');
  const [{ error, fetching }, create] = useMutation(CreateScheduleDocument);
  const timing = { cron: { expression: expression.trim(), timeZone: timeZone.trim() } };
  const preview = useFreshQuery(ScheduleDueTimesDocument, { timing }, []);

  async function submit(event: { preventDefault(): void }): Promise<void> {
    event.preventDefault();
    const machines = pattern.trim() === '' ? { all: true } : { pattern: pattern.trim() };
    const answer = await create({ input: { name: name.trim(), timing, machines } });
    if (!answer.data) return;
    done();
    close();
  }
  return (
    <Dialog close={close} title="New schedule">
      <form className={styles.form} onSubmit={submit}>
        <TextInput
          label="Name"
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
          maxLength={200}
          required
          data-autofocus
        />
        <TextInput
          label="When"
          description="Minute, hour, day, month, weekday; six fields begin with seconds; L, # and W are understood"
          value={expression}
          onChange={({ currentTarget }) => setExpression(currentTarget.value)}
          maxLength={200}
          required
        />
        <TextInput
          label="Time zone"
          value={timeZone}
          onChange={({ currentTarget }) => setTimeZone(currentTarget.value)}
          maxLength={100}
          required
        />
        <TextInput
          label="Machines"
          description="Names, with * and ?; empty for all that run"
          placeholder="db-*"
          value={pattern}
          onChange={({ currentTarget }) => setPattern(currentTarget.value)}
          maxLength={200}
        />
        <section aria-label="Next due times">
          <p className="dim">Next due times</p>
          {preview.error && !preview.data ? (
            <Failure error={preview.error} />
          ) : (
            <ol>
              {preview.data?.scheduleDueTimes.map((at) => (
                <li key={at}>
                  <Moment at={at} />
                </li>
              ))}
            </ol>
          )}
        </section>
        {error && <Failure error={error} />}
        <div className={styles.buttons}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={fetching} disabled={name.trim() === '' || preview.error !== undefined}>
            Create schedule
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

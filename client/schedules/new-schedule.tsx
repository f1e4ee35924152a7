import { Button, NumberInput, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useMutation } from 'urql';
import { CreateScheduleDocument, type MissedPolicy, ScheduleDueTimesDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { Failure } from '../ui/answer-states.tsx';
import { Choice } from '../ui/choice.tsx';
import { Dialog } from '../ui/dialog.tsx';
import form from '../ui/form.module.css';
import { Moment } from '../ui/moment.tsx';
import { missedLabels } from './schedule-words.ts';
import styles from './schedules.module.css';

const works = [
  { value: 'DUMP', label: 'Memory dumps of machines' },
  { value: 'HEAP', label: 'Heap snapshots of Node.js processes, in pairs' },
] as const;
const missedChoices = (Object.keys(missedLabels) as MissedPolicy[]).map((value) => ({
  value,
  label: missedLabels[value],
}));

/** A schedule; when it is due is shown before it is saved. */
export function NewSchedule({ close, done }: { readonly close: () => void; readonly done: () => void }) {
  const [name, setName] = useState('');
  const [expression, setExpression] = useState('0 2 * * *');
  const [timeZone, setTimeZone] = useState(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [work, setWork] = useState<(typeof works)[number]['value']>('DUMP');
  const [waitSeconds, setWaitSeconds] = useState(60);
  const [pattern, setPattern] = useState('');
  const [missed, setMissed] = useState<MissedPolicy>('SKIP');
  const [{ error, fetching }, create] = useMutation(CreateScheduleDocument);
  const timing = { cron: { expression: expression.trim(), timeZone: timeZone.trim() } };
  const preview = useFreshQuery(ScheduleDueTimesDocument, { timing }, []);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const machines = pattern.trim() === '' ? { all: true } : { pattern: pattern.trim() };
    const heaps = work === 'HEAP' ? { heapPairWaitSeconds: waitSeconds } : {};
    const answer = await create({ input: { name: name.trim(), timing, machines, missed, ...heaps } });
    if (!answer.data) return;
    done();
    close();
  }
  return (
    <Dialog close={close} title="New schedule">
      <form className={form.form} onSubmit={submit}>
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
        <Choice label="Takes" choices={works} value={work} change={setWork} />
        {work === 'HEAP' && (
          <NumberInput
            label="Seconds between the two snapshots"
            value={waitSeconds}
            onChange={(value) => setWaitSeconds(typeof value === 'number' ? value : 60)}
            min={1}
            max={3600}
            allowDecimal={false}
          />
        )}
        <TextInput
          label={work === 'HEAP' ? 'Processes' : 'Machines'}
          description="Names, with * and ?; empty for all that run"
          placeholder="db-*"
          value={pattern}
          onChange={({ currentTarget }) => setPattern(currentTarget.value)}
          maxLength={200}
        />
        <Choice
          label="Runs missed while the server was off"
          choices={missedChoices}
          value={missed}
          change={setMissed}
        />
        <section aria-label="Next due times">
          <p className="dim">Next due times</p>
          {preview.error && !preview.data ? (
            <Failure error={preview.error} />
          ) : (
            <ol className={styles.due}>
              {preview.data?.scheduleDueTimes.map((at) => (
                <li key={at}>
                  <Moment at={at} />
                </li>
              ))}
            </ol>
          )}
        </section>
        {error && <Failure error={error} />}
        <div className={form.buttons}>
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

import { Button, NumberInput, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useMutation } from 'urql';
import {
  RetentionDraftDocument,
  type RetentionPreviewFieldsFragment,
  SaveRetentionPolicyDocument,
} from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { formatBytes } from '../format/bytes.ts';
import { Failure } from '../ui/answer-states.tsx';
import { Dialog } from '../ui/dialog.tsx';
import form from '../ui/form.module.css';
import { Moment } from '../ui/moment.tsx';
import { Name } from '../ui/name.tsx';
import styles from './retention.module.css';
import { allRules, type Rule, rules } from './retention-words.ts';

/** How many of what goes are named in the dialog. */
const named = 5;

/** A policy; what it would remove is shown before it is saved. */
export function NewPolicy({ close, done }: { readonly close: () => void; readonly done: () => void }) {
  const [name, setName] = useState('');
  const [machines, setMachines] = useState('');
  const [kept, setKept] = useState<Partial<Record<Rule, number>>>({ keepLast: 3, keepDaily: 7, keepWeekly: 4 });
  const [{ error, fetching }, save] = useMutation(SaveRetentionPolicyDocument);
  const names = machines.split(/[\s,;]+/).filter((one) => one !== '');
  const scope = names.length === 0 ? { all: true } : { machines: names };
  const policy = { name: name.trim() || 'draft', scope, ...kept };
  const draft = useFreshQuery(RetentionDraftDocument, { policies: [policy] }, []);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const answer = await save({ input: { ...policy, name: name.trim() } });
    if (!answer.data) return;
    done();
    close();
  }
  return (
    <Dialog close={close} title="New policy">
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
          label="Machines"
          description="Names or ids, separated by commas; empty for all that no other policy is about"
          value={machines}
          onChange={({ currentTarget }) => setMachines(currentTarget.value)}
          maxLength={2000}
        />
        <fieldset className={styles.rules} aria-label="How many of each machine are kept">
          {allRules.map((rule) => (
            <NumberInput
              key={rule}
              label={rules[rule]}
              value={kept[rule] ?? ''}
              onChange={(value) => {
                const { [rule]: _, ...others } = kept;
                setKept(typeof value === 'number' ? { ...others, [rule]: value } : others);
              }}
              min={1}
              max={10_000}
              allowDecimal={false}
            />
          ))}
        </fieldset>
        {draft.error && !draft.data ? (
          <Failure error={draft.error} />
        ) : (
          draft.data && <DraftPreview preview={draft.data.retentionPreview} />
        )}
        {error && <Failure error={error} />}
        <div className={form.buttons}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={fetching} disabled={name.trim() === ''}>
            Save policy
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function DraftPreview({ preview }: { readonly preview: RetentionPreviewFieldsFragment }) {
  const { going, goingCount, goingBytes, stayingCount, stayingBytes, warning } = preview;
  return (
    <section aria-label="What this policy would remove">
      {warning != null && <p role="alert">{warning}</p>}
      <p>
        {goingCount} would go ({formatBytes(goingBytes)}), {stayingCount} would stay ({formatBytes(stayingBytes)}).
      </p>
      {going.length > 0 && (
        <ul className={styles.list}>
          {going.slice(0, named).map((one) => (
            <li key={`${one.kind} ${one.id}`}>
              <Name>{one.machineName}</Name> of <Moment at={one.createdAt} />, {formatBytes(one.sizeBytes)}
            </li>
          ))}
          {goingCount > named && <li className="dim">and {goingCount - named} more</li>}
        </ul>
      )}
    </section>
  );
}

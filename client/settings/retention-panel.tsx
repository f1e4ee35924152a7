import { Button, NumberInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import {
  DeleteRetentionPolicyDocument,
  RetentionDocument,
  RetentionDraftDocument,
  type RetentionPolicyFieldsFragment,
  type RetentionPreviewFieldsFragment,
  RunRetentionDocument,
  SaveRetentionPolicyDocument,
} from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { formatBytes } from '../format/bytes.ts';
import { refusal } from '../state/authority.ts';
import { useComplaint } from '../state/complain.ts';
import { usePage } from '../state/page.ts';
import { useStore } from '../state/store.ts';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { cell, DataTable } from '../ui/data-table.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Moment } from '../ui/moment.tsx';
import { Name } from '../ui/name.tsx';
import { Panel } from '../ui/panel.tsx';
import styles from './settings.module.css';

const rules = {
  keepLast: 'Last',
  keepHourly: 'Hourly',
  keepDaily: 'Daily',
  keepWeekly: 'Weekly',
  keepMonthly: 'Monthly',
} as const;
type Rule = keyof typeof rules;
const allRules = Object.keys(rules) as Rule[];

function rulesOf(policy: RetentionPolicyFieldsFragment): string {
  const kept = allRules.flatMap((rule) =>
    policy[rule] == null ? [] : [`${rules[rule].toLowerCase()} ${policy[rule]}`],
  );
  if (policy.keepWithinHours != null) kept.push(`all of ${policy.keepWithinHours} hours`);
  if (policy.maxBytes != null) kept.push(`at most ${formatBytes(policy.maxBytes)}`);
  return kept.length === 0 ? 'Everything' : kept.join(', ');
}

/** What is kept by rule, and what would go now. */
export function RetentionPanel({ className }: { readonly className?: string | undefined }) {
  const { data, error, refresh } = useFreshQuery(RetentionDocument, {}, ['records']);
  const [making, setMaking] = useState(false);
  const off = refusal('delete', useStore(usePage().role));
  const { dialogs, freshness, toasts } = usePage();
  const complain = useComplaint();
  const [, run] = useMutation(RunRetentionDocument);
  const [, remove] = useMutation(DeleteRetentionPolicyDocument);
  const preview = data?.retentionPreview;

  function askToRun({ fingerprint, goingCount, goingBytes }: RetentionPreviewFieldsFragment): void {
    dialogs.question.set({
      title: `Remove ${goingCount} artifacts?`,
      text: `${formatBytes(goingBytes)} are deleted permanently. The records are kept and marked deleted.`,
      action: 'Remove them',
      run: async () => {
        const { data: done, error: refused } = await run({ fingerprint });
        if (refused) complain('Nothing was removed', refused);
        else toasts.show('success', `Removed ${done?.payload.run?.removed ?? 0} artifacts`);
        freshness.mark(['records']);
      },
    });
  }
  function askToDelete({ id, name }: RetentionPolicyFieldsFragment): void {
    dialogs.question.set({
      title: `Delete the policy ${name}?`,
      text: 'What it is about is kept from then on, unless another policy is about it.',
      action: 'Delete policy',
      run: async () => {
        const { error: refused } = await remove({ id });
        if (refused) complain('Not deleted', refused);
        freshness.mark(['records']);
      },
    });
  }

  return (
    <Panel
      title="Retention"
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
          New policy…
        </Button>
      }
    >
      {error && !data ? (
        <Failure error={error} retry={refresh} />
      ) : !data || !preview ? (
        <Loading lines={3} />
      ) : data.retentionPolicies.length === 0 ? (
        <Empty>No policies yet. Without one, everything is kept.</Empty>
      ) : (
        <>
          <DataTable
            cardsBelow="48em"
            head={
              <>
                <th scope="col">Policy</th>
                <th scope="col">Keeps</th>
                <th scope="col">
                  <span className="unseen">Actions</span>
                </th>
              </>
            }
          >
            {data.retentionPolicies.map((policy) => (
              <tr key={policy.id}>
                <th scope="row" className={cell.first}>
                  <Name>{policy.name}</Name>
                </th>
                <td data-label="Keeps">{rulesOf(policy)}</td>
                <td className={cell.actions}>
                  <Button
                    size="compact-sm"
                    variant="default"
                    onClick={() => askToDelete(policy)}
                    disabled={off !== null}
                    aria-label={`Delete ${policy.name}`}
                  >
                    Delete…
                  </Button>
                </td>
              </tr>
            ))}
          </DataTable>
          <div className={styles.preview}>
            <Preview preview={preview} />
            {preview.goingCount > 0 && (
              <Button
                variant="default"
                onClick={() => askToRun(preview)}
                disabled={off !== null || preview.warning != null}
                title={off ?? undefined}
              >
                Remove them…
              </Button>
            )}
          </div>
        </>
      )}
      {making && <NewPolicy close={() => setMaking(false)} done={refresh} />}
    </Panel>
  );
}

/** What would go, with the reasons. */
function Preview({ preview }: { readonly preview: RetentionPreviewFieldsFragment }) {
  const { going, goingCount, goingBytes, stayingCount, stayingBytes, warning } = preview;
  return (
    <section aria-label="Preview">
      {warning != null && <p role="alert">{warning}</p>}
      <p>
        {goingCount} would go ({formatBytes(goingBytes)}), {stayingCount} stay ({formatBytes(stayingBytes)}).
      </p>
      {going.length > 0 && (
        <ul>
          {going.slice(0, 10).map((one) => (
            <li key={`${one.kind} ${one.id}`}>
              <Name>{one.machineName}</Name> of <Moment at={one.createdAt} />, {formatBytes(one.sizeBytes)}
            </li>
          ))}
          {goingCount > 10 && <li className="dim">and {goingCount - 10} more</li>}
        </ul>
      )}
    </section>
  );
}

/** A policy for everything that no other policy is about; what it would remove is shown before it is saved. */
function NewPolicy({ close, done }: { readonly close: () => void; readonly done: () => void }) {
  const [name, setName] = useState('');
  const [kept, setKept] = useState<Partial<Record<Rule, number>>>({ keepLast: 3, keepDaily: 7, keepWeekly: 4 });
  const [{ error, fetching }, save] = useMutation(SaveRetentionPolicyDocument);
  const policy = { name: name.trim() || 'draft', scope: { all: true }, ...kept };
  const draft = useFreshQuery(RetentionDraftDocument, { policies: [policy] }, []);

  async function submit(event: { preventDefault(): void }): Promise<void> {
    event.preventDefault();
    const answer = await save({ input: { ...policy, name: name.trim() } });
    if (!answer.data) return;
    done();
    close();
  }
  return (
    <Dialog close={close} title="New policy">
      <form className={styles.form} onSubmit={submit}>
        <TextInput
          label="Name"
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
          maxLength={200}
          required
          data-autofocus
        />
        {allRules.map((rule) => (
          <NumberInput
            key={rule}
            label={rules[rule]}
            description={rule === 'keepLast' ? 'How many of each machine are kept, at least' : undefined}
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
        {draft.error && !draft.data ? (
          <Failure error={draft.error} />
        ) : (
          draft.data && <Preview preview={draft.data.retentionPreview} />
        )}
        {error && <Failure error={error} />}
        <div className={styles.buttons}>
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

import { Button } from '@mantine/core';
import { useState } from 'react';
import { type CombinedError, useMutation } from 'urql';
import {
  DeleteHookDocument,
  type HookFieldsFragment,
  type HooksQuery,
  SetHookEnabledDocument,
  TestHookDocument,
} from '../api/generated/graphql.ts';
import { plainText } from '../format/plain-text.ts';
import { useComplaint } from '../state/complain.ts';
import { usePage } from '../state/page.ts';
import { Action } from '../ui/action.tsx';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { cell, DataTable } from '../ui/data-table.tsx';
import { Name } from '../ui/name.tsx';
import { Panel } from '../ui/panel.tsx';
import { outcomeOf, scopeOf } from './hook-words.ts';
import { NewHook } from './new-hook.tsx';
import styles from './notifications.module.css';

interface Props {
  readonly data: HooksQuery | undefined;
  readonly error: CombinedError | undefined;
  readonly refresh: () => void;
  /** Shows the deliveries to a hook. */
  readonly show: (id: string) => void;
}

/** Who is told what happens, by webhook or mail. For admins. */
export function HooksPanel({ data, error, refresh, show }: Props) {
  const [making, setMaking] = useState(false);
  const create = (
    <Button size="compact-sm" variant="default" onClick={() => setMaking(true)} disabled={!data}>
      New notification…
    </Button>
  );
  return (
    <Panel title="Receivers" flush actions={data?.hooks.length === 0 ? undefined : create}>
      {error && !data ? (
        <Failure error={error} retry={refresh} />
      ) : !data ? (
        <Loading lines={3} />
      ) : data.hooks.length === 0 ? (
        <Empty action={create}>
          No notifications yet. Get a webhook call or mail about failed dumps, damaged files or a disk that is filling
          up.
        </Empty>
      ) : (
        <DataTable
          cardsBelow="64em"
          head={
            <>
              <th scope="col">Name</th>
              <th scope="col">Sent to</th>
              <th scope="col">About</th>
              <th scope="col">Pending</th>
              <th scope="col">State</th>
              <th scope="col">
                <span className="unseen">Actions</span>
              </th>
            </>
          }
        >
          {data.hooks.map((hook) => (
            <HookRow key={hook.id} hook={hook} show={() => show(hook.id)} />
          ))}
        </DataTable>
      )}
      {making && data && <NewHook close={() => setMaking(false)} canMail={data.service.canMail} />}
    </Panel>
  );
}

function HookRow({ hook, show }: { readonly hook: HookFieldsFragment; readonly show: () => void }) {
  const { id, name, url, to, enabled, disabledReason, pending, dead } = hook;
  const { dialogs, freshness, toasts } = usePage();
  const complain = useComplaint();
  const called = plainText(name);
  const [{ fetching: tests }, test] = useMutation(TestHookDocument);
  const [, setEnabled] = useMutation(SetHookEnabledDocument);
  const [, remove] = useMutation(DeleteHookDocument);

  async function tryIt(): Promise<void> {
    const { data, error } = await test({ id });
    if (!data) return error && complain('Not tested', error);
    const { delivery } = data.testHook;
    toasts.show(delivery.state === 'DELIVERED' ? 'success' : 'error', `Test of ${called}: ${outcomeOf(delivery)}`);
  }
  async function switchIt(): Promise<void> {
    const { error } = await setEnabled({ id, enabled: !enabled });
    if (error) complain('Not changed', error);
    freshness.mark(['access']);
  }
  function askToDelete(): void {
    dialogs.question.set({
      title: `Delete the notification ${called}?`,
      text: `Its ${pending} pending deliveries are dropped, and its delivery log is deleted.`,
      action: 'Delete notification',
      run: async () => {
        const { error } = await remove({ id });
        if (error) complain('Not deleted', error);
        else toasts.show('success', `Deleted the notification ${called}`);
        freshness.mark(['access']);
      },
    });
  }

  return (
    <tr>
      <th scope="row" className={cell.first}>
        <Name>{name}</Name>
      </th>
      <td data-label="Sent to" className={styles.where}>
        {url ?? to.join(', ')}
      </td>
      <td data-label="About">{scopeOf(hook)}</td>
      <td data-label="Pending">
        <span>
          {pending}
          {dead > 0 && <span className={styles.dead}>, {dead} given up</span>}
        </span>
      </td>
      <td data-label="State" className={enabled ? undefined : styles.off}>
        {enabled ? 'On' : `Off${disabledReason == null ? '' : `. ${disabledReason}`}`}
      </td>
      <td className={cell.actionRow}>
        <Action label={`Deliveries to ${called}`} press={show}>
          Deliveries
        </Action>{' '}
        <Action label={`Test ${called}`} press={tryIt} off={tests ? 'The test is under way' : null}>
          Test
        </Action>{' '}
        <Action label={`${enabled ? 'Switch off' : 'Switch on'} ${called}`} press={switchIt}>
          {enabled ? 'Switch off' : 'Switch on'}
        </Action>{' '}
        <Action label={`Delete ${called}`} press={askToDelete}>
          Delete…
        </Action>
      </td>
    </tr>
  );
}

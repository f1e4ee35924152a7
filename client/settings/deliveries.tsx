import { Button } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import {
  DeliveriesDocument,
  type DeliveryState,
  type HookFieldsFragment,
  ResendDeliveryDocument,
} from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { useComplaint } from '../state/complain.ts';
import { usePage } from '../state/page.ts';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { Choice } from '../ui/choice.tsx';
import { cell, DataTable } from '../ui/data-table.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Moment } from '../ui/moment.tsx';
import { outcomeOf } from './hook-words.ts';
import styles from './notifications.module.css';

const choices = [
  { value: '', label: 'All' },
  { value: 'PENDING', label: 'Pending' },
  { value: 'DELIVERED', label: 'Delivered' },
  { value: 'DEAD', label: 'Given up' },
] as const;

/** What was sent to one hook, newest first, and what became of it. */
export function Deliveries({ hook, close }: { readonly hook: HookFieldsFragment; readonly close: () => void }) {
  const [state, setState] = useState<'' | DeliveryState>('');
  const [after, setAfter] = useState<string | null>(null);
  const { freshness, toasts } = usePage();
  const complain = useComplaint();
  const [, resend] = useMutation(ResendDeliveryDocument);
  const variables = { hookId: hook.id, states: state === '' ? null : [state], after };
  const { data, error, refresh } = useFreshQuery(DeliveriesDocument, variables, ['access', 'operations']);
  const page = data?.deliveries;

  async function again(id: string): Promise<void> {
    const { error: refused } = await resend({ id });
    if (refused) complain('Not sent again', refused);
    else toasts.show('info', 'Sending again');
    freshness.mark(['access']);
  }

  return (
    <Dialog title={`Deliveries to ${hook.name}`} close={close} size="xl">
      <div className={styles.bar}>
        <Choice<'' | DeliveryState>
          label="State"
          choices={choices}
          value={state}
          change={(value) => {
            setState(value);
            setAfter(null);
          }}
        />
        <Button variant="default" onClick={refresh}>
          Refresh
        </Button>
      </div>
      {error && !data ? (
        <Failure error={error} retry={refresh} />
      ) : !page ? (
        <Loading lines={4} />
      ) : page.nodes.length === 0 ? (
        <Empty>{state === '' ? 'Nothing was sent yet.' : 'No deliveries in this state.'}</Empty>
      ) : (
        <DataTable
          cardsBelow="48em"
          head={
            <>
              <th scope="col">Event</th>
              <th scope="col">Time</th>
              <th scope="col">Outcome</th>
              <th scope="col">Next attempt</th>
              <th scope="col">
                <span className="unseen">Actions</span>
              </th>
            </>
          }
        >
          {page.nodes.map((one) => (
            <tr key={one.id}>
              <th scope="row" className={`${cell.first} ${styles.where}`}>
                {one.message}
              </th>
              <td data-label="Time">
                <Moment at={one.createdAt} />
              </td>
              <td data-label="Outcome" className={one.state === 'DEAD' ? styles.dead : styles.outcome}>
                {outcomeOf(one)}
              </td>
              <td data-label="Next attempt">{one.nextAttemptAt == null ? '–' : <Moment at={one.nextAttemptAt} />}</td>
              <td className={cell.actions}>
                {one.state !== 'PENDING' && (
                  <Button size="compact-xs" variant="default" onClick={() => again(one.id)}>
                    Send again
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </DataTable>
      )}
      {page?.pageInfo.hasNextPage && (
        <Button variant="default" onClick={() => setAfter(page.pageInfo.endCursor ?? null)}>
          Older
        </Button>
      )}
    </Dialog>
  );
}

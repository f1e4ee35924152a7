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
import { plainText } from '../format/plain-text.ts';
import { useComplaint } from '../state/complain.ts';
import { usePage } from '../state/page.ts';
import { Action } from '../ui/action.tsx';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { Choice } from '../ui/choice.tsx';
import { cell, DataTable } from '../ui/data-table.tsx';
import { Moment } from '../ui/moment.tsx';
import { Name } from '../ui/name.tsx';
import { Panel } from '../ui/panel.tsx';
import { outcomeOf } from './hook-words.ts';
import styles from './notifications.module.css';

const choices = [
  { value: '', label: 'All' },
  { value: 'PENDING', label: 'Pending' },
  { value: 'DELIVERED', label: 'Delivered' },
  { value: 'DEAD', label: 'Given up' },
] as const;

interface Props {
  readonly hooks: readonly HookFieldsFragment[];
  /** Whose deliveries are shown; empty for all. */
  readonly hookId: string;
  readonly choose: (id: string) => void;
}

/** What was sent, newest first, and what became of it. */
export function DeliveriesPanel({ hooks, hookId, choose }: Props) {
  const [state, setState] = useState<'' | DeliveryState>('');
  const [after, setAfter] = useState<string | null>(null);
  const { freshness, toasts } = usePage();
  const complain = useComplaint();
  const [, resend] = useMutation(ResendDeliveryDocument);
  const variables = { hookId: hookId === '' ? null : hookId, states: state === '' ? null : [state], after };
  const { data, error, refresh } = useFreshQuery(DeliveriesDocument, variables, ['access', 'operations']);
  const page = data?.deliveries;
  const receivers = [
    { value: '', label: 'All' },
    ...hooks.map(({ id, name }) => ({ value: id, label: plainText(name) })),
  ];

  async function again(id: string): Promise<void> {
    const { error: refused } = await resend({ id });
    if (refused) complain('Not sent again', refused);
    else toasts.show('info', 'Sending again');
    freshness.mark(['access']);
  }

  return (
    <Panel title="Delivery log" flush>
      <div className={styles.bar}>
        <Choice
          label="Receiver"
          choices={receivers}
          value={receivers.some(({ value }) => value === hookId) ? hookId : ''}
          change={(id) => {
            choose(id);
            setAfter(null);
          }}
        />
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
          cardsBelow="64em"
          head={
            <>
              <th scope="col">Event</th>
              <th scope="col">Receiver</th>
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
              <th scope="row" className={styles.where}>
                {plainText(one.message)}
              </th>
              <td data-label="Receiver">
                <Name>{hooks.find(({ id }) => id === one.hookId)?.name ?? 'deleted'}</Name>
              </td>
              <td data-label="Time">
                <Moment at={one.createdAt} />
              </td>
              <td data-label="Outcome" className={one.state === 'DEAD' ? styles.dead : styles.outcome}>
                {outcomeOf(one)}
              </td>
              <td data-label="Next attempt">{one.nextAttemptAt == null ? '–' : <Moment at={one.nextAttemptAt} />}</td>
              <td className={cell.actions}>
                {one.state !== 'PENDING' && (
                  <Action label={`Send again: ${plainText(one.message)}`} press={() => void again(one.id)}>
                    Send again
                  </Action>
                )}
              </td>
            </tr>
          ))}
        </DataTable>
      )}
      {(after !== null || page?.pageInfo.hasNextPage) && (
        <div className={styles.pages}>
          <Action press={() => setAfter(null)} off={after === null ? 'These are the newest' : null}>
            Newest
          </Action>
          <Action
            press={() => setAfter(page?.pageInfo.endCursor ?? null)}
            off={page?.pageInfo.hasNextPage ? null : 'These are the oldest'}
          >
            Older
          </Action>
        </div>
      )}
    </Panel>
  );
}

import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { OperationDetailsDocument, type OperationFieldsFragment } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { plainText } from '../format/plain-text.ts';
import { sentence } from '../format/sentence.ts';
import { kindLabel, kindOf, nameOf } from '../state/event-text.ts';
import { usePage } from '../state/page.ts';
import { useStore } from '../state/store.ts';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Facts } from '../ui/facts.tsx';
import { Moment } from '../ui/moment.tsx';
import { Name } from '../ui/name.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import styles from './operations.module.css';

/** One operation: who requested it, how it went, and if it failed, why and what helps. */
export function OperationDialog({ id, close }: { readonly id: string; readonly close: () => void }) {
  const { data, error, refresh } = useFreshQuery(OperationDetailsDocument, { id }, ['operations']);
  const operation = data?.operation;
  return (
    <Dialog close={close} size="lg" title={operation ? title(operation) : 'Operation'} className={styles.dialog}>
      {error && !data ? (
        <Failure error={error} retry={refresh} />
      ) : !data ? (
        <Loading lines={6} label="Loading the operation" />
      ) : !operation ? (
        <Empty>Operation {plainText(id)} was not found.</Empty>
      ) : (
        <>
          <p>
            <StateBadge state={operation.state} working={operation.state === 'RUNNING'} />
          </p>
          {operation.error ? (
            <div className={styles.error}>
              <strong>{sentence(operation.error.message)}</strong> <code>{operation.error.code}</code>
              <p>{sentence(operation.error.hint)}</p>
            </div>
          ) : (
            <p>{operation.message}</p>
          )}
          <Transitions operation={operation} />
          <Facts
            facts={[
              ['Kind', kindLabel(operation.kind)],
              [
                'Subject',
                <span key="subject" className="mono">
                  {plainText(operation.subject)}
                </span>,
              ],
              ['Stage', operation.phase],
              ['Requested by', plainText(operation.actor)],
              ['Host', plainText(operation.host)],
              [
                'ID',
                <span key="id" className="mono">
                  {operation.id}
                </span>,
              ],
            ]}
          />
          {operation.dump && <Link href={`/dumps/${operation.dump.id}`}>View dump</Link>}
          {'volumeId' in operation && operation.volumeId && (
            <Link href={`/volumes/${operation.volumeId}`}>View volume</Link>
          )}
        </>
      )}
    </Dialog>
  );
}

function title(operation: OperationFieldsFragment): ReactNode {
  const name = nameOf(operation);
  return (
    <>
      {name === null ? (
        kindLabel(operation.kind)
      ) : (
        <>
          {kindOf(operation.kind)} <Name>{name}</Name>
        </>
      )}
    </>
  );
}

/** Its life as the journal holds it; and what the log of this tab knows of it besides. */
function Transitions({ operation }: { readonly operation: OperationFieldsFragment }) {
  const { entries } = useStore(usePage().activity);
  const heard = entries.filter((entry) => entry.operationId === operation.id);
  const steps: readonly (readonly [name: string, at: string | null])[] = [
    ['Requested', operation.createdAt],
    ['Started', operation.startedAt],
    ['Finished', operation.finishedAt],
  ];
  return (
    <ol className={styles.steps} aria-label="Transitions">
      {steps.map(([name, at]) =>
        at === null ? null : (
          <li key={name}>
            <span>{name}</span> <Moment at={at} />
          </li>
        ),
      )}
      {heard.map((entry) => (
        <li key={entry.key} className={styles.heard}>
          <Moment at={entry.at} /> {entry.text}
        </li>
      ))}
    </ol>
  );
}

import { Link } from 'wouter';
import { VolumeHistoryDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { formatCount } from '../format/count.ts';
import { plainText } from '../format/plain-text.ts';
import { sentence } from '../format/sentence.ts';
import { kindLabel } from '../state/event-text.ts';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { Moment } from '../ui/moment.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import styles from './volumes.module.css';

/** The operations on a volume, newest first. */
export function VolumeHistory({ id }: { readonly id: string }) {
  const { data, error, refresh } = useFreshQuery(VolumeHistoryDocument, { volume: id }, ['volumes']);
  const history = data?.volume?.history;
  if (error && !data) return <Failure error={error} retry={refresh} />;
  if (!data) return <Loading lines={3} label="Loading the history" />;
  if (!history || history.nodes.length === 0) return <Empty>No operations yet.</Empty>;
  return (
    <section aria-label="History">
      <h3>History</h3>
      <ol className={styles.history}>
        {history.nodes.map((operation) => (
          <li key={operation.id}>
            <Link href={`/operations/${operation.id}`}>{kindLabel(operation.kind)}</Link>
            <StateBadge state={operation.state} working={operation.state === 'RUNNING'} />
            <span className="dim">
              <Moment at={operation.createdAt} /> by {plainText(operation.actor)}
            </span>
            {operation.error && (
              <p>
                {sentence(operation.error.message)} <code>{operation.error.code}</code>
              </p>
            )}
          </li>
        ))}
      </ol>
      {history.totalCount > history.nodes.length && (
        <p className="dim">
          The newest {history.nodes.length} of {formatCount(history.totalCount)}.
        </p>
      )}
    </section>
  );
}

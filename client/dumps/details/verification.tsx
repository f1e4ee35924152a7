import { useQuery, useSubscription } from 'urql';
import { OperationDetailsDocument, OperationProgressDocument } from '../../api/generated/graphql.ts';
import { formatBytes } from '../../format/bytes.ts';
import { sentence } from '../../format/sentence.ts';
import { MemoryBar } from '../../ui/memory-bar.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import styles from './details.module.css';

/** A verification, from its start to its verdict. */
export function Verification({ id, name }: { readonly id: string; readonly name: string }) {
  const [{ data }] = useSubscription({ query: OperationProgressDocument, variables: { ids: [id] } });
  const progress = data?.operationProgress;
  const final = progress?.final ?? false;
  const [details] = useQuery({
    query: OperationDetailsDocument,
    variables: { id },
    pause: !final,
    requestPolicy: 'network-only',
  });
  const error = final ? details.data?.operation?.error : null;
  return (
    <div className={styles.verification} role="status" data-state={progress?.state}>
      <StateBadge state={progress?.state ?? 'QUEUED'} working={progress?.state === 'RUNNING'} />
      <div>
        {!final && (
          <MemoryBar
            label={`Verification of ${name}`}
            readBytes={progress?.progress?.doneBytes ?? 0}
            writtenBytes={0}
            totalBytes={progress?.progress ? progress.progress.totalBytes : 1}
            text={progress?.message ?? 'Waiting'}
          />
        )}
        <p>
          {sentence(
            error ? `${sentence(error.message)} ${error.hint}` : (progress?.message ?? 'Waiting for its turn…'),
          )}
          {!final && progress?.progress && (
            <span aria-hidden="true">
              {' '}
              {formatBytes(progress.progress.doneBytes)} of {formatBytes(progress.progress.totalBytes)}
            </span>
          )}
        </p>
      </div>
    </div>
  );
}

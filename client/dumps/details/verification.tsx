import { useSubscription } from 'urql';
import { OperationProgressDocument, type VerificationFieldsFragment } from '../../api/generated/graphql.ts';
import { sentence } from '../../format/sentence.ts';
import { MemoryBar } from '../../ui/memory-bar.tsx';
import { Age } from '../../ui/moment.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import styles from './details.module.css';

interface Props {
  readonly verification: VerificationFieldsFragment;
  readonly name: string;
}

/** The newest verification of a dump: how far it is, or what it found and when. */
export function Verification({ verification, name }: Props) {
  const { id, state, error, finishedAt } = verification;
  const over = state !== 'QUEUED' && state !== 'RUNNING';
  const [{ data }] = useSubscription({
    query: OperationProgressDocument,
    variables: { ids: [id] },
    pause: over,
  });
  const tick = over ? undefined : data?.operationProgress;
  // The file is read first, then the image in it: one share of the whole, not two amounts of bytes.
  const percent = tick?.progress?.percent ?? null;
  return (
    <div className={styles.verification} role="status" data-state={state}>
      <StateBadge state={state} working={state === 'RUNNING'} />
      <div>
        {!over && (
          <MemoryBar
            label={`Verification of ${name}`}
            readBytes={percent ?? 0}
            writtenBytes={0}
            totalBytes={100}
            text={percent === null ? 'Waiting' : `${Math.floor(percent)} %`}
          />
        )}
        <p>
          {over
            ? outcome(state, error)
            : percent === null
              ? 'Verification queued.'
              : `Verifying: ${Math.floor(percent)} % checked.`}{' '}
          {finishedAt && <Age at={finishedAt} />}
        </p>
      </div>
    </div>
  );
}

function outcome(state: string, error: VerificationFieldsFragment['error']): string {
  if (state === 'COMPLETED') return 'Verified: checksum matches.';
  if (error) return `${sentence(error.message)} ${error.hint}`;
  return 'Verification cancelled.';
}

import type { OperationState } from '../api/generated/graphql.ts';
import { formatBytes, formatRate } from '../format/bytes.ts';
import { formatSeconds } from '../format/duration.ts';
import { sentence } from '../format/sentence.ts';
import { useTick } from '../state/live-progress.ts';
import { MemoryBar } from '../ui/memory-bar.tsx';
import styles from './running-dumps.module.css';
import type { RunningDump } from './use-running-dumps.ts';

interface Props {
  readonly dump: RunningDump;
  readonly state: OperationState;
}

/** The bar of a dump and its figures: all that moves by itself. */
export function RunningProgress({ dump, state }: Props) {
  const tick = useTick(dump.id);
  const progress = tick?.progress ?? dump.progress;
  const message = tick?.message ?? dump.message;
  const error = tick?.error;
  const waits = state === 'QUEUED';
  const share = waits ? null : progress?.percent;
  const percent = typeof share === 'number' ? `${Math.floor(share)} %` : '';
  return (
    <>
      <div className={styles.bar}>
        <MemoryBar
          label={`Progress of ${dump.vmName}`}
          readBytes={progress?.doneBytes ?? (waits ? 0 : null)}
          writtenBytes={progress?.writtenBytes ?? 0}
          totalBytes={progress?.totalBytes ?? (waits ? 1 : null)}
          text={`${percent === '' ? '' : `${percent}, `}${message}`}
        />
        <span className={styles.percent}>{percent}</span>
      </div>
      <div className={styles.figures}>
        {state === 'RUNNING' && progress && progress.doneBytes > 0 ? (
          <>
            <span>
              {formatBytes(progress.doneBytes)} of {formatBytes(progress.totalBytes)} read
            </span>
            <span>{formatBytes(progress.writtenBytes)} written</span>
            <span>{formatRate(progress.bytesPerSecond)}</span>
            {progress.secondsLeft !== null && progress.secondsLeft >= 0.5 && (
              <span>{formatSeconds(Math.ceil(progress.secondsLeft))} left</span>
            )}
          </>
        ) : (
          <span className={styles.message}>
            {error ? `${sentence(error.message)} ${sentence(error.hint)}` : message}
          </span>
        )}
      </div>
    </>
  );
}

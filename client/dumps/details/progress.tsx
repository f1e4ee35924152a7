import { Button } from '@mantine/core';
import { formatBytes, formatRate } from '../../format/bytes.ts';
import { formatSeconds } from '../../format/duration.ts';
import { useGuard } from '../../state/authority.ts';
import { useTick } from '../../state/live-progress.ts';
import { MemoryBar } from '../../ui/memory-bar.tsx';
import { useCancel } from '../use-cancel.ts';
import styles from './details.module.css';
import type { Dump } from './details.tsx';

/** While it is active: progress, and the button that cancels it. */
export function DetailsProgress({ dump }: { readonly dump: Dump }) {
  const tick = useTick(dump.id);
  const cancel = useCancel();
  const off = useGuard()('cancel');
  const { state, vmName, cancelRequested } = dump;
  if (state !== 'QUEUED' && state !== 'RUNNING') return null;
  const progress = tick?.progress ?? dump.progress;
  const percent = progress?.percent ?? null;
  const message = tick?.message ?? dump.message;
  return (
    <div className={styles.progress}>
      <MemoryBar
        label={`Progress of ${vmName}`}
        readBytes={progress?.doneBytes ?? 0}
        writtenBytes={progress?.writtenBytes ?? 0}
        totalBytes={progress ? progress.totalBytes : 1}
        text={`${percent === null ? '' : `${Math.floor(percent)} %, `}${message}`}
      />
      <p>
        {message}
        {progress && progress.doneBytes > 0 && (
          <>
            {' '}
            {formatBytes(progress.doneBytes)} of {formatBytes(progress.totalBytes)} read,{' '}
            {formatBytes(progress.writtenBytes)} written, {formatRate(progress.bytesPerSecond)}
            {progress.secondsLeft === null ? '' : `, ${formatSeconds(Math.ceil(progress.secondsLeft))} left`}.
          </>
        )}
      </p>
      <Button
        variant="default"
        onClick={() => cancel({ id: dump.id, vmName, state })}
        disabled={off !== null || cancelRequested}
        title={off ?? undefined}
      >
        {cancelRequested ? 'Cancelling…' : 'Cancel the dump'}
      </Button>
    </div>
  );
}

import { Button } from '@mantine/core';
import { formatBytes, formatRate } from '../../format/bytes.ts';
import { formatSeconds } from '../../format/duration.ts';
import { refusal, role } from '../../state/authority.ts';
import { connection } from '../../state/connection.ts';
import { useTick } from '../../state/live-progress.ts';
import { useStore } from '../../state/store.ts';
import { MemoryBar } from '../../ui/memory-bar.tsx';
import { useCancel } from '../use-cancel.ts';
import styles from './details.module.css';
import type { Dump } from './details.tsx';

/** While it is on its way: how far, and the way to end it. */
export function DetailsProgress({ dump }: { readonly dump: Dump }) {
  const tick = useTick(dump.id);
  const cancel = useCancel();
  const refused = refusal('cancel', useStore(role));
  const live = useStore(connection).state === 'LIVE';
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
        disabled={refused !== null || !live || cancelRequested}
        title={refused ?? undefined}
      >
        {cancelRequested ? 'Cancelling…' : 'Cancel the dump'}
      </Button>
    </div>
  );
}

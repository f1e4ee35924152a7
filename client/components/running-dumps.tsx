import { Button } from '@mantine/core';
import { memo } from 'react';
import { Link } from 'wouter';
import { refusal, role } from '../api/authority.ts';
import { connection } from '../api/connection.ts';
import { useTick } from '../api/live-progress.ts';
import { useCancel } from '../api/use-cancel.ts';
import { type RunningDump, useRunningDumps } from '../api/use-running-dumps.ts';
import { formatBytes, formatRate } from '../lib/bytes.ts';
import { formatSeconds } from '../lib/duration.ts';
import { methodLabels } from '../lib/forecast.ts';
import { sentence } from '../lib/sentence.ts';
import { useStore } from '../lib/store.ts';
import { Empty, Failure, Loading } from './answer-states.tsx';
import { MemoryBar } from './memory-bar.tsx';
import { DemoMark, Name } from './name.tsx';
import { Panel } from './panel.tsx';
import { PauseMeter } from './pause-meter.tsx';
import styles from './running-dumps.module.css';
import { StateBadge } from './state-badge.tsx';

interface Props {
  readonly className?: string | undefined;
  /** Where there is little to say of nothing: no panel at all while nothing runs. */
  readonly hideEmpty?: boolean;
}

/** Every dump on its way, live. */
export function RunningDumps({ className, hideEmpty = false }: Props) {
  const { dumps, totalCount, error, refresh } = useRunningDumps();
  if (hideEmpty && !error && (dumps?.length ?? 0) === 0) return null;
  return (
    <Panel title="Running" note={totalCount > 0 ? String(totalCount) : undefined} className={className} flush>
      {error && !dumps ? (
        <Failure error={error} retry={refresh} />
      ) : !dumps ? (
        <Loading lines={2} label="Loading what runs" />
      ) : dumps.length === 0 ? (
        <Empty>Nothing runs. Dumps that you or others trigger appear here at once.</Empty>
      ) : (
        <ul className={styles.list}>
          {dumps.map((dump) => (
            <Row key={dump.id} dump={dump} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

const Row = memo(function Row({ dump }: { readonly dump: RunningDump }) {
  const tick = useTick(dump.id);
  const cancel = useCancel();
  const has = useStore(role);
  const live = useStore(connection).state === 'LIVE';
  const state = tick?.state ?? dump.state;
  const progress = tick?.progress ?? dump.progress;
  const message = tick?.message ?? dump.message;
  const done = tick?.final ?? false;
  const refused = refusal('cancel', has);
  const share = state === 'QUEUED' ? null : progress?.percent;
  const percent = typeof share === 'number' ? Math.floor(share) : null;
  const error = tick?.error;
  // Known when the guest runs again: before that there is no figure to show.
  const pauseMs = tick?.guestPauseMs ?? dump.guestPauseMs;

  return (
    <li className={styles.row} data-state={state}>
      <div className={styles.who}>
        <Link href={`/dumps/${dump.id}`} className={styles.name}>
          <Name>{dump.vmName}</Name>
        </Link>
        {dump.demo && <DemoMark />}
        <span className={styles.method}>{dump.method ? methodLabels[dump.method] : ''}</span>
      </div>
      <div className={styles.state}>
        <StateBadge state={state} working={state === 'RUNNING'} />
      </div>
      <div className={styles.pause}>{pauseMs !== null && <PauseMeter pauseMs={pauseMs} />}</div>
      <div className={styles.bar}>
        <MemoryBar
          label={`Progress of ${dump.vmName}`}
          readBytes={progress?.doneBytes ?? (state === 'QUEUED' ? 0 : null)}
          writtenBytes={progress?.writtenBytes ?? 0}
          totalBytes={progress?.totalBytes ?? (state === 'QUEUED' ? 1 : null)}
          text={`${percent === null ? '' : `${percent} %, `}${message}`}
        />
        <span className={styles.percent}>{percent === null ? '' : `${percent} %`}</span>
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
      <div className={styles.action}>
        {!done && (
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => cancel({ ...dump, state })}
            disabled={refused !== null || !live || dump.cancelRequested}
            title={refused ?? undefined}
            aria-label={`Cancel the dump of ${dump.vmName}`}
          >
            {dump.cancelRequested ? 'Cancelling…' : 'Cancel'}
          </Button>
        )}
        {done && (
          <Button size="compact-sm" variant="default" component={Link} href={`/dumps/${dump.id}`}>
            Details
          </Button>
        )}
      </div>
    </li>
  );
});

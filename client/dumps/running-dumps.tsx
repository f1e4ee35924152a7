import { memo } from 'react';
import { Link } from 'wouter';
import { useGuard } from '../state/authority.ts';
import { useTickPart } from '../state/live-progress.ts';
import { usePage } from '../state/page.ts';
import { useStore } from '../state/store.ts';
import { Action } from '../ui/action.tsx';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { DemoMark, Name } from '../ui/name.tsx';
import { Panel } from '../ui/panel.tsx';
import { PauseMeter } from '../ui/pause-meter.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import { methodLabels } from './forecast.ts';
import styles from './running-dumps.module.css';
import { RunningProgress } from './running-progress.tsx';
import { useCancel } from './use-cancel.ts';
import { useRetry } from './use-retry.ts';
import { type RunningDump, useRunningDumps } from './use-running-dumps.ts';

interface Props {
  readonly className?: string | undefined;
  /** Where there is little to say of nothing: no panel at all while nothing runs. */
  readonly hideEmpty?: boolean;
}

/** More than these do not glide, they step: each thing that glides is a layer for the browser to compose, sixty times a second. */
const many = 10;

/** Every dump on its way, live. */
export function RunningDumps({ className, hideEmpty = false }: Props) {
  const { dumps, waiting, working, error, refresh } = useRunningDumps();
  const offline = useStore(usePage().connection).state !== 'LIVE';
  if (hideEmpty && !error && (dumps?.length ?? 0) === 0) return null;
  return (
    <Panel title="In progress" note={countText(working, waiting)} className={className} flush>
      {error && !dumps ? (
        <Failure error={error} retry={refresh} />
      ) : !dumps ? (
        <Loading lines={2} label="Loading dumps in progress" />
      ) : dumps.length === 0 ? (
        <Empty>No dumps in progress.</Empty>
      ) : (
        <ul
          className={styles.list}
          data-many={dumps.length > many ? '' : undefined}
          data-offline={offline ? '' : undefined}
        >
          {dumps.map((dump) => (
            <Row key={dump.id} dump={dump} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** `2 running, 3 queued`: what waits is not running. */
function countText(working: number, waiting: number): string | undefined {
  const parts = [working > 0 ? `${working} running` : '', waiting > 0 ? `${waiting} queued` : ''].filter(Boolean);
  return parts.length === 0 ? undefined : parts.join(', ');
}

/** What changes many times a second is in `Progress`; the rest of a row is drawn again only when something happened. */
const Row = memo(function Row({ dump }: { readonly dump: RunningDump }) {
  const state = useTickPart(dump.id, (tick) => tick?.state) ?? dump.state;
  const done = useTickPart(dump.id, (tick) => tick?.final) ?? false;
  // Known when the guest runs again: before that there is no figure to show.
  const pauseMs = useTickPart(dump.id, (tick) => tick?.guestPauseMs) ?? dump.guestPauseMs;
  const cancel = useCancel();
  const guard = useGuard();
  const retry = useRetry();
  const retryOff = guard('trigger') ?? (retry.busy ? 'Requesting a dump…' : null);
  const off = guard('cancel') ?? (dump.cancelRequested ? 'Already being cancelled.' : null);

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
      <RunningProgress dump={dump} state={state} />
      <div className={styles.action}>
        {done && (state === 'FAILED' || state === 'CANCELLED') ? (
          <Action label={`Retry the dump of ${dump.vmName}`} off={retryOff} press={() => void retry.run(dump)}>
            Retry
          </Action>
        ) : done ? (
          <Action href={`/dumps/${dump.id}`}>Details</Action>
        ) : (
          <Action label={`Cancel the dump of ${dump.vmName}`} off={off} press={() => cancel({ ...dump, state })}>
            {dump.cancelRequested ? 'Cancelling…' : 'Cancel'}
          </Action>
        )}
      </div>
    </li>
  );
});

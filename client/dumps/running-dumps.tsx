import { memo } from 'react';
import { Link } from 'wouter';
import { useGuard } from '../state/authority.ts';
import { useTickPart } from '../state/live-progress.ts';
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
        <ul className={styles.list} data-many={dumps.length > many ? '' : undefined}>
          {dumps.map((dump) => (
            <Row key={dump.id} dump={dump} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** What changes many times a second is in `Progress`; the rest of a row is drawn again only when something happened. */
const Row = memo(function Row({ dump }: { readonly dump: RunningDump }) {
  const state = useTickPart(dump.id, (tick) => tick?.state) ?? dump.state;
  const done = useTickPart(dump.id, (tick) => tick?.final) ?? false;
  // Known when the guest runs again: before that there is no figure to show.
  const pauseMs = useTickPart(dump.id, (tick) => tick?.guestPauseMs) ?? dump.guestPauseMs;
  const cancel = useCancel();
  const off = useGuard()('cancel') ?? (dump.cancelRequested ? 'Already being cancelled.' : null);

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
        {done ? (
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

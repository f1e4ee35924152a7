import { lazy, Suspense } from 'react';
import { Link } from 'wouter';
import { type Machines, useMachines } from '../../api/use-machines.ts';
import { ActivityLog } from '../../components/activity-log.tsx';
import { Empty, Failure, Loading } from '../../components/answer-states.tsx';
import { MachineTable } from '../../components/machine-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { RunningDumps } from '../../components/running-dumps.tsx';
import { ScreenHeading } from '../../components/shell/screen-heading.tsx';
import { Counters } from './counters.tsx';
import styles from './overview.module.css';
import { TriggerPanel } from './trigger-panel.tsx';

const History = lazy(() => import('../../components/history/history.tsx').then((it) => ({ default: it.History })));

/** As many machines as fit beside the rest; the others are one press away. */
const shown = 8;

/** What is happening, what could be done, what happened: the screen that stays open. */
export function Overview() {
  const machines = useMachines();
  return (
    <>
      <ScreenHeading title="Overview" />
      <Counters machines={machines.machines} />
      <div className={styles.columns}>
        <div className={styles.main}>
          <TriggerPanel machines={machines} />
          <RunningDumps />
          <MachinesPanel machines={machines} />
        </div>
        <ActivityLog className={styles.side} />
      </div>
      <Suspense fallback={<Loading lines={6} label="Loading the charts" />}>
        <History />
      </Suspense>
    </>
  );
}

function MachinesPanel({ machines: { machines, forecasts, error, refresh } }: { readonly machines: Machines }) {
  const more = (machines?.length ?? 0) - shown;
  return (
    <Panel
      title="Machines"
      note={machines && String(machines.length)}
      flush
      actions={more > 0 ? <Link href="/machines">{more} more</Link> : <Link href="/machines">All machines</Link>}
    >
      {error && !machines ? (
        <Failure error={error} retry={refresh} />
      ) : !machines ? (
        <Loading lines={5} label="Loading the machines" />
      ) : machines.length === 0 ? (
        <Empty>The hypervisor answers, but lists no machines. As soon as one is defined, it appears here.</Empty>
      ) : (
        <MachineTable machines={machines.slice(0, shown)} forecasts={forecasts} />
      )}
    </Panel>
  );
}

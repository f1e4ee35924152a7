import { Suspense } from 'react';
import { Link } from 'wouter';
import { FailedDumps } from '../dumps/failed-dumps.tsx';
import { RunningDumps } from '../dumps/running-dumps.tsx';
import { MachineTable } from '../machines/machine-table.tsx';
import { type Machines, useMachines } from '../machines/use-machines.ts';
import { History } from '../parts.ts';
import { ScreenHeading } from '../shell/screen-heading.tsx';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { Near } from '../ui/near.tsx';
import { Panel } from '../ui/panel.tsx';
import { useQuiet } from '../ui/quiet.ts';
import { ActivityLog } from './activity-log.tsx';
import { Counters } from './counters.tsx';
import styles from './overview.module.css';
import { TriggerPanel } from './trigger-panel.tsx';

/** As many machines as fit beside the rest; the others are one press away. */
const shown = 8;

/** What is happening, what could be done, what happened: the screen that stays open. */
export function Overview() {
  const machines = useMachines();
  // The charts are the costliest of this screen, and not what one looks at first.
  const quiet = useQuiet(machines.machines !== undefined || machines.error !== undefined);
  return (
    <>
      <ScreenHeading title="Overview" />
      <Counters machines={machines.machines} />
      <div className={styles.columns}>
        <div className={styles.main}>
          <TriggerPanel machines={machines} />
          <FailedDumps />
          <RunningDumps />
          <MachinesPanel machines={machines} />
        </div>
        <ActivityLog className={styles.side} />
      </div>
      <Near ready={quiet} awaited={<ChartsAwaited />}>
        <Suspense fallback={<ChartsAwaited />}>
          <History />
        </Suspense>
      </Near>
    </>
  );
}

const ChartsAwaited = () => <Loading lines={6} label="Loading the charts" />;

function MachinesPanel({ machines: { machines, forecasts, error, refresh } }: { readonly machines: Machines }) {
  const more = (machines?.length ?? 0) - shown;
  return (
    <Panel
      title="Machines"
      note={machines && String(machines.length)}
      flush
      actions={
        more > 0 ? (
          <Link href="/machines">All {machines?.length} machines</Link>
        ) : (
          <Link href="/machines">All machines</Link>
        )
      }
    >
      {error && !machines ? (
        <Failure error={error} retry={refresh} />
      ) : !machines ? (
        <Loading lines={5} label="Loading the machines" />
      ) : machines.length === 0 ? (
        <Empty>The hypervisor lists no machines. New machines appear here automatically.</Empty>
      ) : (
        <MachineTable machines={machines.slice(0, shown)} forecasts={forecasts} />
      )}
    </Panel>
  );
}

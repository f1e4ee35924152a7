import { Suspense } from 'react';
import { Link } from 'wouter';
import { ActiveDumpsDocument, RecordsDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { DumpButton } from '../dumps/dump-button.tsx';
import { formatBytes } from '../format/bytes.ts';
import { formatCount } from '../format/count.ts';
import { plainText } from '../format/plain-text.ts';
import { History, UsagePanel } from '../parts.ts';
import { RecordTable } from '../records/record-table.tsx';
import { ScreenHeading } from '../shell/screen-heading.tsx';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { type Fact, Facts } from '../ui/facts.tsx';
import { Icon } from '../ui/icon.tsx';
import { DemoMark, Name } from '../ui/name.tsx';
import { Panel } from '../ui/panel.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import { ForecastPanel } from './forecast-panel.tsx';
import styles from './machines.module.css';
import type { Machine, Machines } from './use-machines.ts';

/** As many of its newest records as show how it went lately. */
const newest = 10;

/** One machine: what it is, what a dump would do to it, and what was dumped of it. A machine that is gone keeps its history. */
export function MachinePage({ id, all }: { readonly id: string; readonly all: Machines }) {
  const { machines, forecasts, error, refresh } = all;
  const machine = machines?.find((each) => each.id === id);
  const { data } = useFreshQuery(ActiveDumpsDocument, {}, ['active']);
  const active = data?.dumps.nodes.find(({ machineId }) => machineId === id);
  const forecast = forecasts.get(id);
  return (
    <>
      <p className={styles.back}>
        <Link href="/machines">
          <Icon name="left" /> All machines
        </Link>
      </p>
      <ScreenHeading title={machine ? plainText(machine.name) : 'Machine'}>
        {machine && (
          <>
            {machine.demo && <DemoMark />}
            <StateBadge state={machine.state} title={machine.stateReason} />
            <DumpButton machine={machine} forecast={forecast} active={active !== undefined} />
            {active && <Link href={`/dumps/${active.id}`}>Dump in progress</Link>}
          </>
        )}
      </ScreenHeading>
      {error && !machines ? (
        <Failure error={error} retry={refresh} />
      ) : !machines ? (
        <Loading lines={6} label="Loading the machine" />
      ) : !machine ? (
        <Empty>No machine with the ID {plainText(id)}. It may have been removed.</Empty>
      ) : (
        <div className={styles.columns}>
          <Panel title="Machine">
            <Facts facts={facts(machine)} />
          </Panel>
          <ForecastPanel forecast={forecast} error={all.forecastError} />
        </div>
      )}
      <div className={styles.stack}>
        <Suspense fallback={<Loading lines={6} label="Loading the charts" />}>
          {machine && <UsagePanel machine={machine} />}
          <History vm={id} />
        </Suspense>
        <NewestRecords id={id} />
      </div>
    </>
  );
}

function facts(machine: Machine): readonly Fact[] {
  return [
    ['Title', machine.title && <Name key="title">{machine.title}</Name>],
    ['State', machine.stateReason ? `${machine.stateReason}` : null],
    ['Memory', formatBytes(machine.memoryBytes)],
    ['Virtual CPUs', machine.vcpus],
    ['VM ID', machine.vmid && plainText(machine.vmid)],
    [
      'Machine ID',
      <span key="id" className="mono">
        {machine.id}
      </span>,
    ],
  ];
}

function NewestRecords({ id }: { readonly id: string }) {
  const { data, error, refresh } = useFreshQuery(RecordsDocument, { filter: { vms: [id] }, first: newest }, [
    'records',
  ]);
  const records = data?.dumpRecords;
  return (
    <Panel
      title="Dumps of this machine"
      note={records?.totalCount != null ? formatCount(records.totalCount) : undefined}
      flush
      actions={<Link href={`/dumps?vm=${encodeURIComponent(id)}`}>View in Dumps</Link>}
    >
      {error && !records ? (
        <Failure error={error} retry={refresh} />
      ) : !records ? (
        <Loading lines={4} label="Loading its dumps" />
      ) : records.nodes.length === 0 ? (
        <Empty>No dumps yet.</Empty>
      ) : (
        <RecordTable records={records.nodes} />
      )}
    </Panel>
  );
}

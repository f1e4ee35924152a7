import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { formatBytes, formatRate } from '../../format/bytes.ts';
import { formatSeconds } from '../../format/duration.ts';
import { useClock } from '../../state/clock.ts';
import { Empty, Failure, Loading, Warnings } from '../../ui/answer-states.tsx';
import { Panel } from '../../ui/panel.tsx';
import styles from '../../ui/plot/plot.module.css';
import type { Machine } from '../use-machines.ts';
import { formatPercent, markGaps } from './series.ts';
import { TimeChart } from './time-chart.tsx';
import keys from './usage.module.css';
import { UsageTable } from './usage-table.tsx';
import { useDumpMarks } from './use-dump-marks.ts';
import { useMachineStats } from './use-machine-stats.ts';

const hour = 3600;
const ranges = [
  { value: String(hour / 4), label: '15 min' },
  { value: String(hour), label: '1 h' },
  { value: String(6 * hour), label: '6 h' },
  { value: String(24 * hour), label: '24 h' },
  { value: String(7 * 24 * hour), label: '7 days' },
  { value: String(30 * 24 * hour), label: '30 days' },
];

/** Machines with memory are on, and measured. */
const off = ['SHUT_OFF', 'CRASHED', 'UNKNOWN'];

/** CPU, memory, disk and network of a machine, as charts that go on by themselves, or as a table. */
export function UsagePanel({ machine }: { readonly machine: Machine }) {
  const [range, setRange] = useState<string>(ranges[0]?.value ?? '');
  const [asTable, setAsTable] = useState(false);
  const length = Number(range);
  const { points, stats, isGone, error, refresh } = useMachineStats(machine.id, length);
  const resolution = stats?.resolution ?? 10;
  // The charts move on with the clock, also while no sample comes: a gap is then seen as one.
  const until = useClock((now) => Math.ceil(now / 1000 / resolution) * resolution);
  const marks = useDumpMarks(machine.id, length);
  const isOff = off.includes(machine.state);
  const isEmpty = points?.every(({ cpuPercent }) => cpuPercent === null) ?? false;

  return (
    <Panel
      title="Usage"
      note={
        stats &&
        `averages over ${formatSeconds(resolution)}${stats.source === 'INFLUX' ? ', partly from InfluxDB' : ''}`
      }
      actions={
        <>
          <SegmentedControl size="xs" aria-label="Range of usage" value={range} onChange={setRange} data={ranges} />
          <SegmentedControl
            size="xs"
            aria-label="View of usage"
            value={asTable ? 'table' : 'charts'}
            onChange={(value) => setAsTable(value === 'table')}
            data={[
              { value: 'charts', label: 'Charts' },
              { value: 'table', label: 'Table' },
            ]}
          />
        </>
      }
    >
      {error && !points ? (
        <Failure error={error} retry={refresh} />
      ) : isGone ? (
        <Empty>This machine no longer exists.</Empty>
      ) : !points || !stats ? (
        <Loading lines={6} label="Loading the usage" />
      ) : isEmpty ? (
        <>
          <Warnings warnings={stats.warnings} />
          <Empty>
            {isOff
              ? 'The machine is off; no usage was recorded in this time range.'
              : 'Collecting data. The first values appear within 20 seconds.'}
          </Empty>
        </>
      ) : (
        <>
          <Warnings warnings={stats.warnings} />
          {asTable ? (
            <UsageTable points={points} />
          ) : (
            <Charts
              points={markGaps(points, resolution)}
              from={until - length}
              until={until}
              marks={marks.filter((at) => at >= until - length)}
              machine={machine}
            />
          )}
        </>
      )}
    </Panel>
  );
}

interface ChartsProps {
  readonly points: ReturnType<typeof markGaps>;
  readonly from: number;
  readonly until: number;
  readonly marks: readonly number[];
  readonly machine: Machine;
}

function Charts({ machine, ...time }: ChartsProps) {
  // A mean over minutes hides what a single sample saw.
  const isMean = time.points.some(({ samples }) => samples > 1);
  const kib = 1024;
  return (
    <>
      {time.marks.length > 0 && (
        <p className={keys.marks}>
          <span aria-hidden="true" /> {time.marks.length === 1 ? '1 dump' : `${time.marks.length} dumps`} in this time
          range
        </p>
      )}
      <div className={styles.charts}>
        <TimeChart
          {...time}
          title="CPU"
          format={formatPercent}
          least={100}
          lines={[
            { name: 'average', value: ({ cpuPercent }) => cpuPercent },
            ...(isMean
              ? [{ name: 'peak', value: ({ cpuPeakPercent }: { cpuPeakPercent: number | null }) => cpuPeakPercent }]
              : []),
          ]}
        />
        <TimeChart
          {...time}
          title="Memory"
          format={formatBytes}
          binary
          least={machine.memoryBytes}
          lines={[
            { name: 'used', value: ({ memoryUsedBytes }) => memoryUsedBytes },
            { name: 'on the host', value: ({ memoryRssBytes }) => memoryRssBytes },
          ]}
        />
        <TimeChart
          {...time}
          title="Disk"
          format={formatRate}
          binary
          least={4 * kib}
          lines={[
            { name: 'read', value: ({ blockReadBytesPerSecond }) => blockReadBytesPerSecond },
            { name: 'written', value: ({ blockWriteBytesPerSecond }) => blockWriteBytesPerSecond },
          ]}
        />
        <TimeChart
          {...time}
          title="Network"
          format={formatRate}
          binary
          least={4 * kib}
          lines={[
            { name: 'received', value: ({ networkReceiveBytesPerSecond }) => networkReceiveBytesPerSecond },
            { name: 'sent', value: ({ networkTransmitBytesPerSecond }) => networkTransmitBytesPerSecond },
          ]}
        />
      </div>
    </>
  );
}

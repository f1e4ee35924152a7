import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { DaysDocument } from '../../api/generated/graphql.ts';
import { useFreshQuery } from '../../api/use-fresh-query.ts';
import { formatBytes } from '../../format/bytes.ts';
import { formatCount } from '../../format/count.ts';
import { formatMs, formatSeconds } from '../../format/duration.ts';
import { Empty, Failure, Loading, Warnings } from '../../ui/answer-states.tsx';
import { Panel } from '../../ui/panel.tsx';
import styles from '../../ui/plot/plot.module.css';
import { DayChart } from './day-chart.tsx';
import { DayTable } from './day-table.tsx';
import { fillDays } from './days.ts';

const ranges = [14, 30, 90] as const;

/** Dumps and bytes per day, pause and duration: four small charts on one axis of days, or the same numbers as a table. */
export function History({ vm }: { readonly vm?: string }) {
  const [range, setRange] = useState<string>(String(ranges[1]));
  const [asTable, setAsTable] = useState(false);
  // The day in UTC on which the range begins; it changes once a day, so that the question stays the same until then.
  const today = Math.floor(Date.now() / 86_400_000);
  const from = new Date((today - Number(range) + 1) * 86_400_000).toISOString();
  const filter = vm === undefined ? { from } : { from, vms: [vm] };
  const { data, error, refresh } = useFreshQuery(DaysDocument, { filter }, ['records']);
  const days = data && fillDays(data.dumpStats.days, from, Number(range));

  return (
    <Panel
      title="History"
      note="per day, UTC"
      actions={
        <>
          <SegmentedControl
            size="xs"
            aria-label="Range"
            value={range}
            onChange={setRange}
            data={ranges.map((each) => ({ value: String(each), label: `${each} days` }))}
          />
          <SegmentedControl
            size="xs"
            aria-label="View"
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
      {error && !days ? (
        <Failure error={error} retry={refresh} />
      ) : !days ? (
        <Loading lines={6} label="Loading the history" />
      ) : data.dumpStats.days.length === 0 ? (
        <Empty>No dumps in the last {range} days.</Empty>
      ) : (
        <>
          <Warnings warnings={data.dumpStats.warnings} />
          {asTable ? (
            <DayTable days={days} />
          ) : (
            <div className={styles.charts}>
              <DayChart title="Dumps" days={days} value={(day) => day.dumps} format={formatCount} bars />
              <DayChart
                title="Bytes written"
                days={days}
                value={(day) => day.sizeBytes}
                format={formatBytes}
                bars
                binary
              />
              <DayChart
                title="Average guest pause"
                days={days}
                value={(day) => day.pauseMs}
                format={formatMs}
                logarithmic
              />
              <DayChart title="Average duration" days={days} value={(day) => day.durationSec} format={formatSeconds} />
            </div>
          )}
        </>
      )}
    </Panel>
  );
}

import { Button } from '@mantine/core';
import { useRef, useState } from 'react';
import type { DumpRecordFilter, DumpRecordOrder } from '../api/generated/graphql.ts';
import { formatCount } from '../format/count.ts';
import { formatDay } from '../format/moment.ts';
import { usePage } from '../state/page.ts';
import { Icon } from '../ui/icon.tsx';
import { exportRecords, saveFile } from './export-records.ts';
import styles from './records.module.css';

interface Props {
  readonly filter: DumpRecordFilter;
  readonly orderBy: DumpRecordOrder;
  /** How many match; null where that is not known. */
  readonly total: number | null;
}

/** Everything that matches, not only the page that is seen; may take a while, says how far it is, and can be stopped. */
export function ExportButton({ filter, orderBy, total }: Props) {
  const [done, setDone] = useState<string | null>(null);
  const stop = useRef<AbortController | null>(null);
  const { preferences, toasts } = usePage();

  async function run(): Promise<void> {
    const controller = new AbortController();
    stop.current = controller;
    setDone('');
    try {
      let rows = 0;
      const file = await exportRecords({
        filter,
        orderBy,
        signal: controller.signal,
        progress: (so, of) => {
          rows = so;
          setDone(of === null ? formatCount(so) : `${formatCount(so)} of ${formatCount(of)}`);
        },
      });
      saveFile(file, `memoir-dumps-${formatDay(Date.now(), preferences.zone.get())}.csv`);
      toasts.show('success', `Exported ${formatCount(rows)} records`);
    } catch (error) {
      if (controller.signal.aborted) toasts.show('warning', 'The export was stopped');
      else toasts.show('error', `Not exported: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      setDone(null);
    }
  }

  if (done !== null)
    return (
      <span className={styles.exporting}>
        Exporting {done}
        <Button size="compact-sm" variant="default" onClick={() => stop.current?.abort()}>
          Stop
        </Button>
      </span>
    );
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<Icon name="download" />}
      disabled={total === 0}
      onClick={run}
      title={total === null ? 'All records that match' : `All ${formatCount(total)} records that match`}
    >
      Export CSV
    </Button>
  );
}

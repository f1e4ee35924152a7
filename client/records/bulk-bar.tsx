import { Button } from '@mantine/core';
import type { RecordFieldsFragment } from '../api/generated/graphql.ts';
import { formatBytes } from '../format/bytes.ts';
import { useGuard } from '../state/authority.ts';
import { usePage } from '../state/page.ts';
import { Action } from '../ui/action.tsx';
import { Icon } from '../ui/icon.tsx';
import styles from './bulk-bar.module.css';
import { useBulk } from './use-bulk.ts';
import type { Selection } from './use-selection.ts';

interface Props {
  readonly records: readonly RecordFieldsFragment[];
  readonly selection: Selection;
}

/** What can be done with all selected dumps at once; at the bottom of the window while any is selected. */
export function BulkBar({ records, selection }: Props) {
  const { dialogs } = usePage();
  const guard = useGuard();
  const bulk = useBulk();
  const chosen = records.filter(({ id }) => selection.chosen.has(id));
  const present = chosen.filter(({ state }) => state !== 'DELETED');
  const intact = present.filter(({ state }) => state !== 'DAMAGED');
  if (chosen.length === 0) return null;
  const clear = () => selection.set([]);
  const none = (some: readonly unknown[], why: string) => (some.length === 0 ? why : null);
  const gone = 'The files of all selected dumps were deleted.';
  const buttons = [
    {
      label: 'Dump again…',
      icon: 'capture',
      off: guard('trigger'),
      press: () => dialogs.plan.set({ vms: [...new Set(chosen.map(({ machineId }) => machineId))] }),
    },
    {
      label: 'Verify',
      icon: 'verify',
      off: guard('verify') ?? none(present, gone),
      press: () => void bulk.verify(present).then(clear),
    },
    {
      label: 'Download',
      icon: 'download',
      off: guard('download') ?? none(intact, 'No selected dump has an intact file.'),
      press: () => void bulk.download(intact),
    },
    {
      label: 'Delete',
      icon: 'trash',
      off: guard('delete') ?? none(present, gone),
      press: () => {
        bulk.remove(present);
        clear();
      },
    },
  ] as const;
  const bytes = present.reduce((sum, { gzipSizeBytes }) => sum + gzipSizeBytes, 0);
  return (
    <section className={styles.bar} aria-label="Selected dumps">
      <span className={styles.count}>
        <strong>{chosen.length} selected</strong> <span className="dim">{formatBytes(bytes)}</span>
      </span>
      {buttons.map(({ label, icon, off, press }) => (
        <Button
          key={label}
          size="compact-sm"
          variant="default"
          leftSection={<Icon name={icon} />}
          disabled={off !== null || bulk.busy}
          title={off ?? undefined}
          onClick={press}
        >
          {label}
        </Button>
      ))}
      <Action label="Clear selection" icon="cross" press={clear} />
    </section>
  );
}

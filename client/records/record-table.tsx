import { memo } from 'react';
import { Link, useSearch } from 'wouter';
import type { DumpRecordSort, RecordFieldsFragment } from '../api/generated/graphql.ts';
import { formatBytes } from '../format/bytes.ts';
import { formatSeconds } from '../format/duration.ts';
import { plainText } from '../format/plain-text.ts';
import { usePage } from '../state/page.ts';
import { useStore } from '../state/store.ts';
import { Action } from '../ui/action.tsx';
import { cell, DataTable } from '../ui/data-table.tsx';
import { CopyButton, Hash } from '../ui/hash.tsx';
import { Moment } from '../ui/moment.tsx';
import { DemoMark, Name } from '../ui/name.tsx';
import { PauseMeter } from '../ui/pause-meter.tsx';
import { SortHeading, type Sorting } from '../ui/sort-heading.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import styles from './record-table.module.css';
import type { Selection } from './use-selection.ts';

interface Props {
  readonly records: readonly RecordFieldsFragment[];
  /** Without it the columns have plain headings. */
  readonly sorting?: Sorting<DumpRecordSort>;
  readonly busy?: boolean;
  /** Without it rows cannot be selected. */
  readonly selection?: Selection;
}

/** All rows of the page at once. */
function SelectAll({ records, selection }: { readonly records: Props['records']; readonly selection: Selection }) {
  const chosen = records.filter(({ id }) => selection.chosen.has(id)).length;
  return (
    <input
      type="checkbox"
      aria-label="Select all on this page"
      checked={chosen > 0 && chosen === records.length}
      ref={(box) => {
        if (box) box.indeterminate = chosen > 0 && chosen < records.length;
      }}
      onChange={({ currentTarget }) => selection.set(currentTarget.checked ? records.map(({ id }) => id) : [])}
    />
  );
}

/** So long a row that just came is marked. */
const freshMs = 5000;

/** The eight columns that operators know. */
export function RecordTable({ records, sorting, busy = false, selection }: Props) {
  const deleting = useStore(usePage().deleting);
  const size = useStore(usePage().preferences.size);
  const query = useSearch();
  return (
    <DataTable
      cardsBelow="64em"
      busy={busy}
      head={
        <>
          {selection && (
            <th scope="col" className={styles.select}>
              <SelectAll records={records} selection={selection} />
            </th>
          )}
          <th scope="col">VM ID</th>
          <SortHeading label="Name" by="VM" sorting={sorting} />
          <SortHeading label="Time" by="TIME" sorting={sorting} />
          <SortHeading label="Duration" by="DURATION" sorting={sorting} />
          <th scope="col">SHA-256</th>
          <th scope="col">Path</th>
          {/* The order is by size on disk, whichever is shown. */}
          <SortHeading label={size === 'DISK' ? 'Size' : 'Memory size'} by="SIZE" sorting={sorting} number />
          <th scope="col">
            <span className="unseen">Actions</span>
          </th>
        </>
      }
    >
      {records.map((record) => (
        <Row
          key={record.id}
          record={record}
          query={query}
          size={size}
          leaving={deleting.has(record.id)}
          selected={selection ? selection.chosen.has(record.id) : null}
          select={selection?.toggle}
        />
      ))}
    </DataTable>
  );
}

interface RowProps {
  readonly record: RecordFieldsFragment;
  /** The query part of the address, which the dialog's address keeps. */
  readonly query: string;
  readonly size: 'DISK' | 'MEMORY';
  /** About to be deleted; it can still be undone. */
  readonly leaving: boolean;
  /** Null where rows cannot be selected. */
  readonly selected: boolean | null;
  readonly select: Selection['toggle'] | undefined;
}

/** Records do not change but for their state: a row is drawn again only when it is another one. */
const Row = memo(function Row({ record, query, size, leaving, selected, select }: RowProps) {
  const address = `/dumps/${record.id}${query && `?${query}`}`;
  const fresh = Date.now() - Date.parse(record.time) < freshMs;
  return (
    <tr
      className={fresh ? styles.fresh : undefined}
      data-leaving={leaving ? '' : undefined}
      data-selected={selected ? '' : undefined}
    >
      {selected !== null && (
        <td className={styles.select}>
          <input
            type="checkbox"
            aria-label={`Select the dump of ${plainText(record.dom)}`}
            checked={selected}
            onClick={({ shiftKey, currentTarget }) => select?.(record.id, currentTarget.checked, shiftKey)}
            onChange={() => {}}
          />
        </td>
      )}
      <td data-label="VM ID" className="mono">
        {plainText(record.vmid) || '–'}
      </td>
      <th scope="row" className={cell.first} title={plainText(record.dom)}>
        <span className={cell.name}>
          <Link href={address}>
            <Name>{record.dom}</Name>
          </Link>
          {record.demo && <DemoMark />}
          {record.state !== 'AVAILABLE' && (
            <span className={styles.gone}>
              <StateBadge state={record.state} />
            </span>
          )}
        </span>
      </th>
      <td data-label="Time" className={styles.whole}>
        <Moment at={record.time} />
      </td>
      <td data-label="Duration" className={styles.whole}>
        <span className={styles.duration}>
          <span>{formatSeconds(record.durationSec)}</span>
          <PauseMeter pauseMs={record.guestPauseMs} unknown="pause –" />
        </span>
      </td>
      <td data-label="SHA-256">
        <Hash value={record.sha256} />
      </td>
      <td data-label="Path" className={styles.path} title={plainText(record.dumpPath)}>
        <span className={styles.tail}>
          <bdi className="mono">{plainText(record.dumpPath)}</bdi>
        </span>
      </td>
      <td
        data-label={size === 'DISK' ? 'Size' : 'Memory size'}
        className="number"
        title={`${formatBytes(record.gzipSizeBytes)} on disk, ${formatBytes(record.rawSizeBytes)} of memory`}
      >
        {formatBytes(size === 'DISK' ? record.gzipSizeBytes : record.rawSizeBytes)}
      </td>
      <td className={cell.actions}>
        <span className={styles.buttons}>
          <Action href={address} label={`Details of the dump of ${plainText(record.dom)}`} icon="eye" />
          <CopyButton text={record.sha256} what={`hash of ${plainText(record.dom)}`} />
        </span>
      </td>
    </tr>
  );
});

import { memo } from 'react';
import { Link, useSearch } from 'wouter';
import type { DumpRecordSort, RecordFieldsFragment, SortDirection } from '../api/generated/graphql.ts';
import { formatBytes } from '../format/bytes.ts';
import { formatSeconds } from '../format/duration.ts';
import { plainText } from '../format/plain-text.ts';
import { usePage } from '../state/page.ts';
import { useStore } from '../state/store.ts';
import { Action } from '../ui/action.tsx';
import { cell, DataTable } from '../ui/data-table.tsx';
import { CopyButton, Hash } from '../ui/hash.tsx';
import { Icon } from '../ui/icon.tsx';
import { Moment } from '../ui/moment.tsx';
import { DemoMark, Name } from '../ui/name.tsx';
import { PauseMeter } from '../ui/pause-meter.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import styles from './record-table.module.css';

interface Sorting {
  readonly by: DumpRecordSort;
  readonly direction: SortDirection;
  readonly change: (by: DumpRecordSort) => void;
}

interface Props {
  readonly records: readonly RecordFieldsFragment[];
  /** Without it the columns have plain headings. */
  readonly sorting?: Sorting;
  readonly busy?: boolean;
}

/** So long a row that just came is marked. */
const freshMs = 5000;

/** The eight columns that operators know. */
export function RecordTable({ records, sorting, busy = false }: Props) {
  const size = useStore(usePage().preferences.size);
  const query = useSearch();
  return (
    <DataTable
      cardsBelow="64em"
      busy={busy}
      head={
        <>
          <th scope="col">VM id</th>
          <Heading label="Name" by="VM" sorting={sorting} />
          <Heading label="Time" by="TIME" sorting={sorting} />
          <Heading label="Duration" by="DURATION" sorting={sorting} />
          <th scope="col">SHA-256</th>
          <th scope="col">Path</th>
          {/* The order is by size on disk, whichever is shown. */}
          <Heading label={size === 'DISK' ? 'Size' : 'Memory size'} by="SIZE" sorting={sorting} number />
          <th scope="col">
            <span className="unseen">Actions</span>
          </th>
        </>
      }
    >
      {records.map((record) => (
        <Row key={record.id} record={record} query={query} size={size} />
      ))}
    </DataTable>
  );
}

interface RowProps {
  readonly record: RecordFieldsFragment;
  /** The query part of the address, which the dialog's address keeps. */
  readonly query: string;
  readonly size: 'DISK' | 'MEMORY';
}

/** Records do not change but for their state: a row is drawn again only when it is another one. */
const Row = memo(function Row({ record, query, size }: RowProps) {
  const address = `/dumps/${record.id}${query && `?${query}`}`;
  const fresh = Date.now() - Date.parse(record.time) < freshMs;
  return (
    <tr className={fresh ? styles.fresh : undefined}>
      <td data-label="VM id" className="mono">
        {plainText(record.vmid) || '–'}
      </td>
      <th scope="row" className={cell.first}>
        <Link href={address}>
          <Name>{record.dom}</Name>
        </Link>
        {record.demo && <DemoMark />}
        {record.state !== 'AVAILABLE' && (
          <span className={styles.gone}>
            <StateBadge state={record.state} />
          </span>
        )}
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

interface HeadingProps {
  readonly label: string;
  readonly by: DumpRecordSort;
  readonly sorting: Sorting | undefined;
  readonly number?: boolean;
}

function Heading({ label, by, sorting, number = false }: HeadingProps) {
  const sorted = sorting?.by === by ? sorting.direction : null;
  const order = sorted === null ? undefined : sorted === 'ASC' ? 'ascending' : 'descending';
  return (
    <th scope="col" aria-sort={order} className={number ? 'number' : undefined}>
      {sorting ? (
        <button type="button" className={styles.sort} onClick={() => sorting.change(by)}>
          {label}
          <span className={styles.arrow} data-on={sorted ? '' : undefined}>
            <Icon name={sorted === 'ASC' ? 'up' : 'down'} size={12} />
          </span>
        </button>
      ) : (
        label
      )}
    </th>
  );
}

import { memo } from 'react';
import { Link, useSearch } from 'wouter';
import { formatBytes } from '../format/bytes.ts';
import { plainText } from '../format/plain-text.ts';
import { sentence } from '../format/sentence.ts';
import { useGuard } from '../state/authority.ts';
import { Action } from '../ui/action.tsx';
import { cell, DataTable } from '../ui/data-table.tsx';
import { DemoMark, Name } from '../ui/name.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import { VirtualRows } from '../ui/virtual-rows.tsx';
import type { ActiveOperation } from './use-volumes.ts';
import type { Volume } from './volume-view.ts';
import styles from './volumes.module.css';

interface Props {
  readonly volumes: readonly Volume[];
  readonly active: ReadonlyMap<string, ActiveOperation>;
  readonly attach: (volume: Volume) => void;
  readonly detach: (volume: Volume) => void;
}

/** Where each volume is, and what is being done with it. */
export function VolumeTable({ volumes, active, attach, detach }: Props) {
  const query = useSearch();
  const off = useGuard()('volume');
  return (
    <DataTable
      cardsBelow="60em"
      head={
        <>
          <th scope="col">Volume</th>
          <th scope="col">State</th>
          <th scope="col" className="number">
            Size
          </th>
          <th scope="col">Machine</th>
          <th scope="col">Device</th>
          <th scope="col">Export</th>
          <th scope="col">Status</th>
          <th scope="col">
            <span className="unseen">Actions</span>
          </th>
        </>
      }
    >
      <VirtualRows
        count={volumes.length}
        columns={8}
        height={36}
        row={(index, measure) => {
          const volume = volumes[index];
          return (
            volume && (
              <Row
                key={volume.id}
                index={index}
                measure={measure}
                volume={volume}
                message={active.get(volume.id)?.message}
                query={query}
                off={off}
                press={volume.attachment ? detach : attach}
              />
            )
          );
        }}
      />
    </DataTable>
  );
}

interface RowProps {
  readonly index: number;
  readonly measure: (element: HTMLElement | null) => void;
  readonly volume: Volume;
  /** Of the operation that is at work on it. */
  readonly message: string | undefined;
  readonly query: string;
  readonly off: string | null;
  readonly press: (volume: Volume) => void;
}

/** Drawn again only when something of this volume changed. */
const Row = memo(function Row({ index, measure, volume, message, query, off, press }: RowProps) {
  const { id, name, state, sizeBytes, attachment, device, problem } = volume;
  return (
    <tr ref={measure} data-index={index}>
      <th scope="row" className={cell.first} title={plainText(name)}>
        <span className={cell.name}>
          <Link href={`/volumes/${id}${query && `?${query}`}`}>
            <Name>{name}</Name>
          </Link>
          {volume.provider === 'demo' && <DemoMark what="A simulated volume" />}
        </span>
      </th>
      <td data-label="State">
        <StateBadge state={state} />
      </td>
      <td data-label="Size" className="number">
        {formatBytes(sizeBytes)}
      </td>
      <td data-label="Machine">
        {attachment ? (
          <Link href={`/machines/${attachment.machineId}`}>
            <Name>{attachment.machineName}</Name>
          </Link>
        ) : (
          <span className="dim">none</span>
        )}
      </td>
      <td data-label="Device" className={device ? `mono ${styles.device}` : styles.device} title={device?.path}>
        {device ? plainText(baseName(device.path)) : <span className="dim">–</span>}
      </td>
      <td data-label="Export">
        {volume.export ? volume.export.writable ? 'Read-write' : 'Read-only' : <span className="dim">–</span>}
      </td>
      <td data-label="Status" className={styles.status}>
        {message ?? (problem ? <Problem text={problem.message} /> : <span className="dim">–</span>)}
      </td>
      <td className={cell.actions}>
        <Action
          label={`${attachment ? 'Detach' : 'Attach'} ${plainText(name)}`}
          press={() => press(volume)}
          off={off ?? (message === undefined ? null : 'An operation is at work on it.')}
        >
          {attachment ? 'Detach…' : 'Attach…'}
        </Action>
      </td>
    </tr>
  );
});

const Problem = ({ text }: { readonly text: string }) => (
  <span className={styles.bad} title={plainText(text)}>
    {sentence(plainText(text))}
  </span>
);

/** `vdb` of `/dev/vdb`; the whole path is in the details. */
const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

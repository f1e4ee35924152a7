import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { formatBytes } from '../format/bytes.ts';
import { plainText } from '../format/plain-text.ts';
import { sentence } from '../format/sentence.ts';
import { type Guarded, useGuard } from '../state/authority.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Facts } from '../ui/facts.tsx';
import { CopyButton } from '../ui/hash.tsx';
import { Moment } from '../ui/moment.tsx';
import { DemoMark, Name } from '../ui/name.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import { AttachDialog } from './attach-dialog.tsx';
import { ExportDialog } from './export-dialog.tsx';
import { ResizeDialog } from './resize-dialog.tsx';
import { useQuestions } from './use-volume-action.ts';
import type { ActiveOperation } from './use-volumes.ts';
import { VolumeHistory } from './volume-history.tsx';
import type { Volume } from './volume-view.ts';
import styles from './volumes.module.css';

interface Props {
  readonly volume: Volume;
  readonly active: ActiveOperation | undefined;
  readonly close: () => void;
}

/** One volume: where it is, what can be done with it, and what was done. */
export function VolumeDialog({ volume, active, close }: Props) {
  const { state, problem, name } = volume;
  const title = (
    <>
      Volume <Name>{name}</Name> {volume.provider === 'demo' && <DemoMark what="A simulated volume" />}
    </>
  );
  return (
    <Dialog close={close} size="lg" title={title} className={styles.dialog}>
      <p role="status" className={styles.now}>
        <StateBadge state={state} /> {active && <span>{active.message}</span>}
      </p>
      {problem && (
        <div className={styles.problem}>
          <strong>{sentence(problem.message)}</strong> <code>{problem.code}</code>
          <p>{sentence(problem.hint)}</p>
        </div>
      )}
      <VolumeFacts volume={volume} />
      <VolumeActions volume={volume} busy={active !== undefined} />
      <VolumeHistory id={volume.id} />
    </Dialog>
  );
}

const mono = (text: string): ReactNode => <span className="mono">{plainText(text)}</span>;

function VolumeFacts({ volume }: { readonly volume: Volume }) {
  const { attachment, device, export: exported } = volume;
  return (
    <Facts
      long
      facts={[
        ['Size', formatBytes(volume.sizeBytes)],
        [
          'Machine',
          attachment && (
            <>
              <Link href={`/machines/${attachment.machineId}`}>
                <Name>{attachment.machineName}</Name>
              </Link>{' '}
              since <Moment at={attachment.since} />
            </>
          ),
        ],
        ['Device', device && mono(device.path)],
        ['Device number', device && mono(device.rdev)],
        ['Device verified', device && <Moment at={device.verifiedAt} />],
        ['Serial number', volume.serial && mono(volume.serial)],
        [
          'Export',
          exported && (
            <>
              {exported.writable ? 'Read-write' : 'Read-only'} since <Moment at={exported.since} />
            </>
          ),
        ],
        [
          'Export address',
          exported && (
            <>
              {mono(exported.uri)} <CopyButton text={exported.uri} what="address" />
            </>
          ),
        ],
        ['Provider', volume.provider],
        ['Provider’s ID', volume.providerId && mono(volume.providerId)],
        ['Pool or zone', volume.zone && plainText(volume.zone)],
        ['Format or offering', volume.offering && plainText(volume.offering)],
        ['Created', <Moment key="created" at={volume.createdAt} />],
        ['ID', mono(volume.id)],
      ]}
    />
  );
}

type Open = 'ATTACH' | 'RESIZE' | 'EXPORT' | null;

function VolumeActions({ volume, busy }: { readonly volume: Volume; readonly busy: boolean }) {
  const [open, setOpen] = useState<Open>(null);
  const ask = useQuestions();
  const guard = useGuard();
  const { attachment, export: exported } = volume;
  const used = attachment ? 'Detach it first.' : exported ? 'End its export first.' : null;
  const button = (label: string, needs: Guarded, press: () => void, reason: string | null = null) => {
    const off = guard(needs) ?? (busy ? 'An operation is at work on it.' : reason);
    return (
      <Button
        key={label}
        variant="default"
        size="compact-sm"
        onClick={press}
        disabled={off !== null}
        title={off ?? undefined}
      >
        {label}
      </Button>
    );
  };
  const close = () => setOpen(null);
  return (
    <div className={styles.actions}>
      {attachment
        ? button('Detach…', 'volume', () => ask.detach(volume), exported ? 'End its export first.' : null)
        : button('Attach…', 'volume', () => setOpen('ATTACH'), used)}
      {button('Resize…', 'volume', () => setOpen('RESIZE'))}
      {exported
        ? button('End export…', 'export', () => ask.endExport(volume))
        : button('Export…', 'export', () => setOpen('EXPORT'))}
      {button('Delete…', 'delete', () => ask.remove(volume), used)}
      {open === 'ATTACH' && <AttachDialog volume={volume} close={close} />}
      {open === 'RESIZE' && <ResizeDialog volume={volume} close={close} />}
      {open === 'EXPORT' && <ExportDialog volume={volume} close={close} />}
    </div>
  );
}

import { Button, TextInput } from '@mantine/core';
import { useCallback, useMemo, useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import { ScreenHeading } from '../shell/screen-heading.tsx';
import { useAddress } from '../state/address.ts';
import { useGuard } from '../state/authority.ts';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { Choice } from '../ui/choice.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { DemoMark } from '../ui/name.tsx';
import { Panel } from '../ui/panel.tsx';
import { stateLabel } from '../ui/state-badge.tsx';
import { AttachDialog } from './attach-dialog.tsx';
import { CreateDialog } from './create-dialog.tsx';
import { DifferencesPanel } from './differences-panel.tsx';
import { NoVolumes } from './no-volumes.tsx';
import { useQuestions } from './use-volume-action.ts';
import { useVolumes } from './use-volumes.ts';
import { VolumeDialog } from './volume-dialog.tsx';
import { VolumeTable } from './volume-table.tsx';
import {
  readVolumeView,
  type Volume,
  type VolumeFilter,
  viewVolumes,
  volumeStates,
  writeVolumeView,
} from './volume-view.ts';
import styles from './volumes.module.css';

/** Block volumes: where each one is, what can be done with it, and what disagrees with the world. */
export function Volumes({ id }: { readonly id: string | undefined }) {
  const { volumes, provider, active, error, refresh } = useVolumes();
  const [view, change] = useAddress(readVolumeView, writeVolumeView);
  const shown = useMemo(() => volumes && viewVolumes(volumes, view), [volumes, view]);
  const [creates, setCreates] = useState(false);
  const [attaching, setAttaching] = useState<Volume | null>(null);
  const query = useSearch();
  const [, navigate] = useLocation();
  const ask = useQuestions();
  // The rows of the table are drawn again only if something of theirs changed.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a question is the same whoever asks it
  const detach = useCallback((volume: Volume) => ask.detach(volume), []);
  const off = useGuard()('volume');
  const chosen = id === undefined ? undefined : volumes?.find((volume) => volume.id === id);
  const back = () => navigate(`/volumes${query && `?${query}`}`);
  const create = (
    <Button size="compact-sm" onClick={() => setCreates(true)} disabled={off !== null} title={off ?? undefined}>
      New volume…
    </Button>
  );

  return (
    <>
      <ScreenHeading title="Volumes">
        {provider?.demo && <DemoMark what="Volumes and their devices are simulated" />}
      </ScreenHeading>
      <Panel
        title="Volumes"
        note={shown && (shown.length === volumes?.length ? shown.length : `${shown.length} of ${volumes?.length}`)}
        actions={volumes?.length === 0 ? undefined : create}
        flush
      >
        <search className={styles.tools}>
          <TextInput
            className={styles.search ?? ''}
            type="search"
            label="Search"
            placeholder="Name, machine, device or serial number"
            value={view.search}
            onChange={({ currentTarget }) => change({ search: currentTarget.value }, { replace: true })}
            leftSection={<Icon name="search" />}
          />
          <Choice<VolumeFilter>
            label="State"
            value={view.filter}
            change={(filter) => change({ filter })}
            choices={[
              { value: '', label: 'All states' },
              ...volumeStates.map((value) => ({ value, label: stateLabel(value) })),
              { value: 'PROBLEM', label: 'With a problem' },
            ]}
          />
        </search>
        {error && !volumes ? (
          <Failure error={error} retry={refresh} />
        ) : !shown ? (
          <Loading lines={6} label="Loading the volumes" />
        ) : volumes?.length === 0 ? (
          <NoVolumes provider={provider?.kind ?? ''} create={create} />
        ) : shown.length === 0 ? (
          <Empty
            action={
              <Button variant="default" onClick={() => change({ search: '', filter: '' })}>
                Reset filters
              </Button>
            }
          >
            No volumes match the filters.
          </Empty>
        ) : (
          <VolumeTable volumes={shown} active={active} attach={setAttaching} detach={detach} />
        )}
      </Panel>
      <div className={styles.below}>
        <DifferencesPanel />
      </div>
      {creates && <CreateDialog provider={provider?.kind ?? ''} close={() => setCreates(false)} />}
      {attaching && <AttachDialog volume={attaching} close={() => setAttaching(null)} />}
      {chosen && <VolumeDialog key={chosen.id} volume={chosen} active={active.get(chosen.id)} close={back} />}
      {id !== undefined && volumes && !chosen && (
        <Dialog close={back} title="Volume">
          <Empty>There is no such volume, or it was deleted.</Empty>
        </Dialog>
      )}
    </>
  );
}

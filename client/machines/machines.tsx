import { Button, TextInput } from '@mantine/core';
import type { MachineState } from '../api/generated/graphql.ts';
import { ScreenHeading } from '../shell/screen-heading.tsx';
import { useAddress } from '../state/address.ts';
import { usePage } from '../state/page.ts';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { Choice } from '../ui/choice.tsx';
import { Icon } from '../ui/icon.tsx';
import { Panel } from '../ui/panel.tsx';
import { stateLabel } from '../ui/state-badge.tsx';
import { MachinePage } from './machine-page.tsx';
import { MachineTable } from './machine-table.tsx';
import styles from './machines.module.css';
import { useMachines } from './use-machines.ts';

const states: readonly MachineState[] = [
  'RUNNING',
  'BLOCKED',
  'PAUSED',
  'SUSPENDED',
  'SHUTTING_DOWN',
  'SHUT_OFF',
  'CRASHED',
  'UNKNOWN',
];

interface View {
  readonly search: string;
  readonly state: MachineState | '';
}

function readView(query: string): View {
  const given = new URLSearchParams(query);
  return { search: given.get('q') ?? '', state: states.find((state) => state === given.get('state')) ?? '' };
}

function writeView({ search, state }: View): string {
  const given = new URLSearchParams({ ...(search && { q: search }), ...(state && { state }) }).toString();
  return given && `?${given}`;
}

/** Every machine, or the one of the address. */
export function Machines({ id }: { readonly id: string | undefined }) {
  const all = useMachines();
  if (id !== undefined) return <MachinePage id={id} all={all} />;
  return <MachineList all={all} />;
}

function MachineList({ all }: { readonly all: ReturnType<typeof useMachines> }) {
  const { machines, forecasts, error, forecastError, refresh } = all;
  const { dialogs } = usePage();
  const [view, change] = useAddress(readView, writeView);
  const text = view.search.trim().toLowerCase();
  const shown = machines?.filter(
    ({ name, title, vmid, state }) =>
      (view.state === '' || view.state === state) &&
      (text === '' || [name, title, vmid].some((each) => each?.toLowerCase().includes(text))),
  );
  const present = new Set(machines?.map(({ state }) => state));
  return (
    <>
      <ScreenHeading title="Machines" />
      <Panel
        title="Machines"
        note={shown && (shown.length === machines?.length ? shown.length : `${shown.length} of ${machines?.length}`)}
        flush
        actions={
          <Button size="compact-sm" variant="default" onClick={() => dialogs.plan.set({ vms: 'ALL' })}>
            Dump several…
          </Button>
        }
      >
        <search className={styles.tools}>
          <TextInput
            className={styles.search ?? ''}
            type="search"
            label="Search"
            placeholder="Name or VM id"
            value={view.search}
            onChange={({ currentTarget }) => change({ search: currentTarget.value }, { replace: true })}
            leftSection={<Icon name="search" />}
          />
          <Choice
            label="State"
            value={view.state}
            change={(state) => change({ state })}
            choices={[
              { value: '', label: 'Any state' },
              ...states
                .filter((state) => present.has(state) || state === view.state)
                .map((value) => ({ value, label: stateLabel(value) })),
            ]}
          />
        </search>
        {forecastError && forecasts.size === 0 && <Failure error={forecastError} />}
        {error && !machines ? (
          <Failure error={error} retry={refresh} />
        ) : !shown ? (
          <Loading lines={8} label="Loading the machines" />
        ) : shown.length === 0 ? (
          machines?.length === 0 ? (
            <Empty>The hypervisor answers, but lists no machines. As soon as one is defined, it appears here.</Empty>
          ) : (
            <Empty
              action={
                <Button variant="default" onClick={() => change({ search: '', state: '' })}>
                  Reset the filters
                </Button>
              }
            >
              No machine matches.
            </Empty>
          )
        ) : (
          <MachineTable machines={shown} forecasts={forecasts} />
        )}
      </Panel>
    </>
  );
}

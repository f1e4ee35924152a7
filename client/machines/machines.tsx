import { Button, TextInput } from '@mantine/core';
import { useMemo } from 'react';
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
import { type MachineSort, machineStates, readMachineView, viewMachines, writeMachineView } from './machine-view.ts';
import styles from './machines.module.css';
import { useMachines } from './use-machines.ts';

/** Every machine, or the one of the address. */
export function Machines({ id }: { readonly id: string | undefined }) {
  const all = useMachines();
  if (id !== undefined) return <MachinePage id={id} all={all} />;
  return <MachineList all={all} />;
}

function MachineList({ all }: { readonly all: ReturnType<typeof useMachines> }) {
  const { machines, forecasts, error, forecastError, refresh } = all;
  const { dialogs } = usePage();
  const [view, change] = useAddress(readMachineView, writeMachineView);
  const shown = useMemo(() => machines && viewMachines(machines, forecasts, view), [machines, forecasts, view]);
  function sort(by: MachineSort): void {
    const turned = view.direction === 'DESC' ? 'ASC' : 'DESC';
    change({ sort: by, direction: by === view.sort ? turned : by === 'LAST' || by === 'MEMORY' ? 'DESC' : 'ASC' });
  }
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
            Dump machines…
          </Button>
        }
      >
        <search className={styles.tools}>
          <TextInput
            className={styles.search ?? ''}
            type="search"
            label="Search"
            placeholder="Name or VM ID"
            value={view.search}
            onChange={({ currentTarget }) => change({ search: currentTarget.value }, { replace: true })}
            leftSection={<Icon name="search" />}
          />
          <Choice
            label="State"
            value={view.state}
            change={(state) => change({ state })}
            choices={[
              { value: '', label: 'All states' },
              ...machineStates
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
            <Empty>The hypervisor lists no machines. New machines appear here automatically.</Empty>
          ) : (
            <Empty
              action={
                <Button variant="default" onClick={() => change({ search: '', state: '' })}>
                  Reset filters
                </Button>
              }
            >
              No machines match the filters.
            </Empty>
          )
        ) : (
          <MachineTable
            machines={shown}
            forecasts={forecasts}
            sorting={{ by: view.sort, direction: view.direction, change: sort }}
          />
        )}
      </Panel>
    </>
  );
}

import { type ComponentProps, memo } from 'react';
import { Link } from 'wouter';
import { ActiveDumpsDocument, type ForecastFragment, RecentCpuDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { DumpButton } from '../dumps/dump-button.tsx';
import { ForecastLine } from '../dumps/forecast-line.tsx';
import { formatBytes } from '../format/bytes.ts';
import { cell, DataTable } from '../ui/data-table.tsx';
import { Age } from '../ui/moment.tsx';
import { DemoMark, Name } from '../ui/name.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import { CpuCell } from './usage/cpu-cell.tsx';
import type { Machine, Machines } from './use-machines.ts';

interface Props {
  readonly machines: readonly Machine[];
  readonly forecasts: Machines['forecasts'];
}

/** Machines, what each would suffer if it were dumped now, and the button for it. */
export function MachineTable({ machines, forecasts }: Props) {
  const { data } = useFreshQuery(ActiveDumpsDocument, {}, ['active']);
  const recent = useFreshQuery(RecentCpuDocument, {}, ['usage']).data;
  const statsOf = new Map(recent?.vms.map((vm) => [vm.id, vm.stats]));
  const active = new Set(data?.dumps.nodes.map(({ machineId }) => machineId));
  return (
    <DataTable
      head={
        <>
          <th scope="col">Machine</th>
          <th scope="col">State</th>
          <th scope="col">CPU</th>
          <th scope="col" className="number">
            Memory
          </th>
          <th scope="col">If dumped now</th>
          <th scope="col">Last dump</th>
          <th scope="col">
            <span className="unseen">Actions</span>
          </th>
        </>
      }
    >
      {machines.map((machine) => (
        <Row
          key={machine.id}
          machine={machine}
          forecast={forecasts.get(machine.id)}
          stats={statsOf.get(machine.id)}
          active={active.has(machine.id)}
        />
      ))}
    </DataTable>
  );
}

interface RowProps {
  readonly machine: Machine;
  readonly forecast: ForecastFragment | undefined;
  readonly stats: ComponentProps<typeof CpuCell>['recent'];
  readonly active: boolean;
}

/** Drawn again only when something of this machine changed. */
const Row = memo(function Row({ machine, forecast, stats, active }: RowProps) {
  return (
    <tr>
      <th scope="row" className={cell.first}>
        <Link href={`/machines/${machine.id}`}>
          <Name>{machine.name}</Name>
        </Link>
        {machine.demo && <DemoMark />}
      </th>
      <td data-label="State">
        <StateBadge state={machine.state} title={machine.stateReason} />
      </td>
      <td data-label="CPU">
        <CpuCell id={machine.id} recent={stats} />
      </td>
      <td data-label="Memory" className="number">
        {formatBytes(machine.memoryBytes)}
      </td>
      <td data-label="If dumped now">
        <ForecastLine forecast={forecast} />
      </td>
      <td data-label="Last dump">
        {machine.lastRecord ? (
          <Link href={`/dumps/${machine.lastRecord.id}`}>
            <Age at={machine.lastRecord.time} />
          </Link>
        ) : (
          <span className="dim">never</span>
        )}
      </td>
      <td className={cell.actions}>
        <DumpButton machine={machine} forecast={forecast} active={active} />
      </td>
    </tr>
  );
});

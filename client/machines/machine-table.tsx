import { type ComponentProps, memo } from 'react';
import { Link } from 'wouter';
import { ActiveDumpsDocument, type ForecastFragment, RecentCpuDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { DumpButton } from '../dumps/dump-button.tsx';
import { ForecastLine } from '../dumps/forecast-line.tsx';
import { formatBytes } from '../format/bytes.ts';
import { plainText } from '../format/plain-text.ts';
import { cell, DataTable } from '../ui/data-table.tsx';
import { Age } from '../ui/moment.tsx';
import { DemoMark, Name } from '../ui/name.tsx';
import { SortHeading, type Sorting } from '../ui/sort-heading.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import { VirtualRows } from '../ui/virtual-rows.tsx';
import type { MachineSort } from './machine-view.ts';
import { CpuCell } from './usage/cpu-cell.tsx';
import type { Machine, Machines } from './use-machines.ts';

interface Props {
  readonly machines: readonly Machine[];
  readonly forecasts: Machines['forecasts'];
  /** Without it the columns have plain headings. */
  readonly sorting?: Sorting<MachineSort>;
}

/** Machines, the estimated impact of a dump on each, and the button for it. */
export function MachineTable({ machines, forecasts, sorting }: Props) {
  const { data } = useFreshQuery(ActiveDumpsDocument, {}, ['active']);
  const recent = useFreshQuery(RecentCpuDocument, {}, ['usage']).data;
  const statsOf = new Map(recent?.vms.map((vm) => [vm.id, vm.stats]));
  const active = new Set(data?.dumps.nodes.map(({ machineId }) => machineId));
  return (
    <DataTable
      cardsBelow="62em"
      head={
        <>
          <SortHeading label="Machine" by="NAME" sorting={sorting} />
          <SortHeading label="State" by="STATE" sorting={sorting} />
          <th scope="col">CPU</th>
          <SortHeading label="Memory" by="MEMORY" sorting={sorting} number />
          <SortHeading label="Estimated impact" by="PAUSE" sorting={sorting} />
          <SortHeading label="Last dump" by="LAST" sorting={sorting} />
          <th scope="col">
            <span className="unseen">Actions</span>
          </th>
        </>
      }
    >
      <VirtualRows
        count={machines.length}
        columns={7}
        height={36}
        row={(index, measure) => {
          const machine = machines[index];
          return (
            machine && (
              <Row
                key={machine.id}
                index={index}
                measure={measure}
                machine={machine}
                forecast={forecasts.get(machine.id)}
                stats={statsOf.get(machine.id)}
                active={active.has(machine.id)}
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
  readonly machine: Machine;
  readonly forecast: ForecastFragment | undefined;
  readonly stats: ComponentProps<typeof CpuCell>['recent'];
  readonly active: boolean;
}

/** Drawn again only when something of this machine changed. */
const Row = memo(function Row({ index, measure, machine, forecast, stats, active }: RowProps) {
  return (
    <tr ref={measure} data-index={index}>
      <th scope="row" className={cell.first} title={plainText(machine.name)}>
        <span className={cell.name}>
          <Link href={`/machines/${machine.id}`}>
            <Name>{machine.name}</Name>
          </Link>
          {machine.demo && <DemoMark />}
        </span>
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
      <td data-label="Estimated impact">
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

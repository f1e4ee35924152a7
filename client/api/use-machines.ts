import type { CombinedError } from 'urql';
import { type ForecastFragment, ForecastsDocument, MachinesDocument, type MachinesQuery } from './generated/graphql.ts';
import { useFreshQuery } from './use-fresh-query.ts';

export type Machine = MachinesQuery['vms'][number];

export interface Machines {
  /** Those that can be captured first, then by name. */
  readonly machines: readonly Machine[] | undefined;
  /** By machine id. Asked for apart: finding out what is possible may take the hypervisor longer than the list. */
  readonly forecasts: ReadonlyMap<string, ForecastFragment>;
  readonly forecastError: CombinedError | undefined;
  readonly error: CombinedError | undefined;
  readonly refresh: () => void;
}

const order = ['RUNNING', 'BLOCKED', 'PAUSED', 'SUSPENDED', 'SHUTTING_DOWN', 'UNKNOWN', 'CRASHED', 'SHUT_OFF'];

export function useMachines(): Machines {
  const list = useFreshQuery(MachinesDocument, {}, ['machines']);
  const forecasts = useFreshQuery(ForecastsDocument, {}, ['machines', 'active']);
  const machines =
    list.data &&
    [...list.data.vms].sort(
      (a, b) =>
        order.indexOf(a.state) - order.indexOf(b.state) || a.name.localeCompare(b.name, undefined, { numeric: true }),
    );
  return {
    machines,
    forecasts: new Map(forecasts.data?.vms.map((vm) => [vm.id, vm.captureOptions])),
    forecastError: forecasts.error,
    error: list.error,
    refresh: list.refresh,
  };
}

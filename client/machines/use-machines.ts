import { useMemo } from 'react';
import type { CombinedError } from 'urql';
import {
  type ForecastFragment,
  ForecastsDocument,
  MachinesDocument,
  type MachinesQuery,
} from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';

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

// One for all: making one for each comparison, as `localeCompare` does, costs more than the sorting.
const names = new Intl.Collator(undefined, { numeric: true });

export function useMachines(): Machines {
  const list = useFreshQuery(MachinesDocument, {}, ['machines']);
  const forecasts = useFreshQuery(ForecastsDocument, {}, ['machines', 'active']);
  const vms = list.data?.vms;
  const machines = useMemo(() => vms && [...vms].sort(byState), [vms]);
  const forecastVms = forecasts.data?.vms;
  const byId = useMemo(() => new Map(forecastVms?.map((vm) => [vm.id, vm.captureOptions])), [forecastVms]);
  return {
    machines,
    forecasts: byId,
    forecastError: forecasts.error,
    error: list.error,
    refresh: list.refresh,
  };
}

const byState = (a: Machine, b: Machine): number =>
  order.indexOf(a.state) - order.indexOf(b.state) || names.compare(a.name, b.name);

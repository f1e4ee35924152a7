import type { MachineState } from '../api/generated/graphql.ts';
import type { Machine, Machines } from './use-machines.ts';

export const machineSorts = ['STATE', 'NAME', 'MEMORY', 'PAUSE', 'LAST'] as const;
export type MachineSort = (typeof machineSorts)[number];

export const machineStates: readonly MachineState[] = [
  'RUNNING',
  'BLOCKED',
  'PAUSED',
  'SUSPENDED',
  'SHUTTING_DOWN',
  'SHUT_OFF',
  'CRASHED',
  'UNKNOWN',
];

/** What the list of machines shows, as the address says it; absent means the default. */
export interface MachineView {
  readonly search: string;
  readonly state: MachineState | '';
  readonly sort: MachineSort;
  readonly direction: 'ASC' | 'DESC';
}

export function readMachineView(query: string): MachineView {
  const given = new URLSearchParams(query);
  return {
    search: given.get('q') ?? '',
    state: machineStates.find((state) => state === given.get('state')) ?? '',
    sort: machineSorts.find((sort) => sort === given.get('sort')) ?? 'STATE',
    direction: given.get('direction') === 'DESC' ? 'DESC' : 'ASC',
  };
}

export function writeMachineView({ search, state, sort, direction }: MachineView): string {
  const given = new URLSearchParams({
    ...(search && { q: search }),
    ...(state && { state }),
    ...(sort !== 'STATE' && { sort }),
    ...(direction !== 'ASC' && { direction }),
  }).toString();
  return given && `?${given}`;
}

const names = new Intl.Collator(undefined, { numeric: true });

/** Machines that match, in order; those of which a figure is unknown come last, whichever way. Equal ones stay by state and name. */
export function viewMachines(
  machines: readonly Machine[],
  forecasts: Machines['forecasts'],
  { search, state, sort, direction }: MachineView,
): readonly Machine[] {
  const text = search.trim().toLowerCase();
  const found = machines.filter(
    (machine) =>
      (state === '' || state === machine.state) &&
      (text === '' || [machine.name, machine.title, machine.vmid].some((each) => each?.toLowerCase().includes(text))),
  );
  const sign = direction === 'ASC' ? 1 : -1;
  if (sort === 'STATE') return direction === 'ASC' ? found : found.reverse();
  if (sort === 'NAME') return found.sort((a, b) => sign * names.compare(a.name, b.name));
  const figures = new Map(found.map((machine) => [machine, figureOf(machine, sort, forecasts)]));
  return found.sort((a, b) => {
    const [x, y] = [figures.get(a) ?? null, figures.get(b) ?? null];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return sign * (x - y);
  });
}

function figureOf(
  machine: Machine,
  sort: 'MEMORY' | 'PAUSE' | 'LAST',
  forecasts: Machines['forecasts'],
): number | null {
  if (sort === 'MEMORY') return machine.memoryBytes;
  if (sort === 'LAST') return machine.lastRecord ? Date.parse(machine.lastRecord.time) : null;
  const forecast = forecasts.get(machine.id);
  return forecast?.methods.find(({ method }) => method === forecast.automatic)?.expectedPauseMs ?? null;
}

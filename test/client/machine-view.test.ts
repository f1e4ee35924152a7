import { describe, expect, it } from 'vitest';
import type { ForecastFragment } from '../../client/api/generated/graphql.ts';
import { readMachineView, viewMachines, writeMachineView } from '../../client/machines/machine-view.ts';
import type { Machine } from '../../client/machines/use-machines.ts';

const machine = (name: string, memoryBytes: number, time: string | null = null) =>
  ({
    id: name,
    name,
    memoryBytes,
    state: 'RUNNING',
    title: null,
    vmid: null,
    lastRecord: time === null ? null : { time },
  }) as unknown as Machine;

const machines = [
  machine('node-10', 4, '2026-11-21T10:00:00Z'),
  machine('node-9', 2, '2026-11-21T12:00:00Z'),
  machine('mail', 8),
];
const pause = (expectedPauseMs: number | null) =>
  ({ automatic: 'SNAPSHOT', methods: [{ method: 'SNAPSHOT', expectedPauseMs }] }) as unknown as ForecastFragment;
const forecasts = new Map([
  ['node-10', pause(2)],
  ['node-9', pause(900)],
  ['mail', pause(null)],
]);
const shown = (query: string) => viewMachines(machines, forecasts, readMachineView(query)).map(({ name }) => name);

describe('the list of machines', () => {
  it('is sorted by each of its columns, numbers in names as numbers, and unknown figures last both ways', () => {
    expect(shown('?sort=NAME')).toEqual(['mail', 'node-9', 'node-10']);
    expect(shown('?sort=MEMORY&direction=DESC')).toEqual(['mail', 'node-10', 'node-9']);
    expect(shown('?sort=PAUSE')).toEqual(['node-10', 'node-9', 'mail']);
    expect(shown('?sort=PAUSE&direction=DESC')).toEqual(['node-9', 'node-10', 'mail']);
    expect(shown('?sort=LAST&direction=DESC')).toEqual(['node-9', 'node-10', 'mail']);
    expect(shown('')).toEqual(['node-10', 'node-9', 'mail']);
  });

  it('is found by a part of a name, and leaves what it was given as it was', () => {
    expect(shown('?q=NODE&sort=NAME')).toEqual(['node-9', 'node-10']);
    expect(machines.map(({ name }) => name)).toEqual(['node-10', 'node-9', 'mail']);
  });

  it('is what the address says, defaults left out, nonsense ignored', () => {
    for (const query of ['', '?q=web&sort=MEMORY&direction=DESC', '?state=RUNNING'])
      expect(writeMachineView(readMachineView(query))).toBe(query);
    expect(writeMachineView(readMachineView('?sort=CPU&direction=UP&state=X'))).toBe('');
  });
});

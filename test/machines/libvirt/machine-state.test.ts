import { expect, it } from 'vitest';
import { machineStateOf } from '../../../src/machines/libvirt/inventory/machine-state.ts';

/** libvirt-domain.h, by number: virDomainState, and for each the reasons in virsh's words. */
const table = [
  [0, 'UNKNOWN', [null]],
  [
    1,
    'RUNNING',
    [
      null,
      'booted',
      'migrated',
      'restored',
      'from snapshot',
      'unpaused',
      'migration canceled',
      'save canceled',
      'event wakeup',
      'crashed',
      'post-copy',
      'post-copy failed',
    ],
  ],
  [2, 'BLOCKED', [null]],
  [
    3,
    'PAUSED',
    [
      null,
      'user',
      'migrating',
      'saving',
      'dumping',
      'I/O error',
      'watchdog',
      'from snapshot',
      'shutting down',
      'creating snapshot',
      'crashed',
      'starting up',
      'post-copy',
      'post-copy failed',
      'api error',
    ],
  ],
  [4, 'SHUTTING_DOWN', [null, 'user']],
  [5, 'SHUT_OFF', [null, 'shutdown', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'from snapshot', 'daemon']],
  [6, 'CRASHED', [null, 'panicked']],
  [7, 'SUSPENDED', [null]],
] as const;

it.each(table)('libvirt’s state %i is %s, with its reasons in virsh’s words', (number, state, reasons) => {
  expect(reasons.map((_, reason) => machineStateOf(number, reason))).toEqual(
    reasons.map((stateReason) => ({ state, stateReason })),
  );
  // What a later libvirt may say.
  expect(machineStateOf(number, reasons.length)).toEqual({ state, stateReason: null });
  expect(machineStateOf(number, -1)).toEqual({ state, stateReason: null });
});

it('a state that a later libvirt may have is unknown', () => {
  expect(machineStateOf(8, 1)).toEqual({ state: 'UNKNOWN', stateReason: null });
});

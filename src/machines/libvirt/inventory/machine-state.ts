import type { MachineState } from '../../machine.ts';

/** virDomainState by number, as our states, each with the words of its reasons by number (virDomain…Reason; virsh's words). */
const states: Readonly<Record<number, { readonly state: MachineState; readonly reasons: readonly string[] }>> = {
  0: { state: 'UNKNOWN', reasons: ['unknown'] },
  1: {
    state: 'RUNNING',
    reasons: [
      'unknown',
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
  },
  2: { state: 'BLOCKED', reasons: ['unknown'] },
  3: {
    state: 'PAUSED',
    reasons: [
      'unknown',
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
  },
  4: { state: 'SHUTTING_DOWN', reasons: ['unknown', 'user'] },
  5: {
    state: 'SHUT_OFF',
    reasons: ['unknown', 'shutdown', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'from snapshot', 'daemon'],
  },
  6: { state: 'CRASHED', reasons: ['unknown', 'panicked'] },
  7: { state: 'SUSPENDED', reasons: ['unknown'] },
};

/** A state and reason as libvirt numbers them, in our words; the reason is null where libvirt does not know one. */
export function machineStateOf(state: number, reason: number): { state: MachineState; stateReason: string | null } {
  const row = states[state];
  const word = row?.reasons[reason] ?? null;
  return { state: row?.state ?? 'UNKNOWN', stateReason: word === 'unknown' ? null : word };
}

import { namesOf } from '../domain/table.ts';

/** The states of a machine, as data: whether it has memory to capture, whether it executes, and what a person reads. */
export const machineStates = {
  RUNNING: { hasMemory: true, label: 'Running', description: 'Executing.' },
  BLOCKED: { hasMemory: true, label: 'Blocked', description: 'Waiting for a resource.' },
  PAUSED: {
    hasMemory: true,
    label: 'Paused',
    description: 'Paused by a user or by the hypervisor; its memory is intact.',
  },
  SUSPENDED: { hasMemory: true, label: 'Asleep', description: 'Suspended to RAM by the guest’s power management.' },
  SHUTTING_DOWN: { hasMemory: true, label: 'Shutting down', description: 'Shutting down.' },
  SHUT_OFF: { hasMemory: false, label: 'Shut off', description: 'Off; there is no memory to capture.' },
  CRASHED: { hasMemory: false, label: 'Crashed', description: 'Crashed.' },
  UNKNOWN: { hasMemory: false, label: 'Unknown', description: 'Unknown to the hypervisor.' },
} as const satisfies Record<string, { hasMemory: boolean; label: string; description: string }>;

export type MachineState = keyof typeof machineStates;

export const allMachineStates = namesOf(machineStates);

/** A machine that can be captured, as the hypervisor showed it last. */
export interface Machine {
  /** The hypervisor's UUID, lower case: the identity. Everything of ours that is named after a machine is named after this. */
  readonly id: string;
  /** Display name. Hostile input: never a path, a shell word, a line of protocol, HTML or a terminal escape. */
  readonly name: string;
  /** The hypervisor's number of the running instance, as the old dashboards know it; null while it is off. */
  readonly vmid: string | null;
  readonly state: MachineState;
  /** Why it is in that state, in the hypervisor's words, where it tells. */
  readonly stateReason: string | null;
  readonly title: string | null;
  readonly memoryBytes: number;
  readonly vcpus: number;
}

/** What changed: a machine appeared or changed, or it is gone for good (undefined), by id. */
export type MachineChange =
  | { readonly type: 'CHANGED'; readonly machine: Machine }
  | { readonly type: 'GONE'; readonly id: string; readonly name: string };

/**
 * One reading of a machine's counters, all since the machine's start; the reader makes rates of them. Null is what the
 * hypervisor did not say this time: while a machine's monitor is busy (a dump, say) it has no figures of some devices, which
 * is not the same as zero.
 */
export interface MachineMeasurement {
  readonly machineId: string;
  readonly name: string;
  readonly vmid: string;
  readonly state: MachineState;
  /** Epoch milliseconds of the reading. */
  readonly atMs: number;
  readonly cpuTimeNs: number | null;
  readonly vcpus: number | null;
  readonly memoryBytes: number | null;
  /** What the guest uses of it, where its balloon tells. */
  readonly memoryUsedBytes: number | null;
  /** Resident set of the machine's process on the host. */
  readonly memoryRssBytes: number | null;
  readonly blockReadBytes: number | null;
  readonly blockWriteBytes: number | null;
  readonly networkReceiveBytes: number | null;
  readonly networkTransmitBytes: number | null;
}

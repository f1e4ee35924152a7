import type { Closable } from '../domain/closable.ts';
import type {
  CaptureLimits,
  CaptureOptions,
  CaptureOutcome,
  CapturePlan,
  CaptureReader,
  MethodChoice,
} from './capture.ts';
import type { Machine, MachineChange, MachineMeasurement } from './machine.ts';

/** Whether the hypervisor answers; a state to be shown, not an error. It heals by itself. */
export interface HypervisorStatus {
  /** DEGRADED: it answers, but not everything that it was asked. */
  readonly state: 'CONNECTING' | 'UP' | 'DEGRADED' | 'DOWN';
  /** The address in use, without secrets. */
  readonly uri: string;
  readonly version: string | null;
  /** Epoch milliseconds since when it has been so. */
  readonly sinceMs: number;
  /** Why it is not up, and what a person can do: null while it is up. */
  readonly reason: string | null;
  readonly mend: string | null;
}

export interface HypervisorListener {
  machine?(change: MachineChange): void;
  status?(status: HypervisorStatus): void;
}

/** What was found and put right at start-up, one line each, for the log. */
export interface MachineRecovery {
  readonly repaired: readonly string[];
  /** What could not be put right yet (the hypervisor is away, say): asked again when it is up. */
  readonly pending: readonly string[];
}

/**
 * The source of machines. Implementations: libvirt/ (real), demo/ (simulated; says so in `kind`).
 *
 * - `list` and `find` throw HYPERVISOR_UNAVAILABLE while it is away; they never answer with an old state.
 * - `list` is in the order of names, then ids.
 * - A name may be carried by one machine at a time; `find` takes a name or an id, the id first.
 * - `watch` reports every change after the call, in order, once; it never throws into the hypervisor. A listener is called
 *   synchronously and must be quick. After a reconnection the differences are reported as changes, so that nothing is missed.
 * - `capture` is the one owner of everything a capture changes in the world (pause, capability, socket, FIFO): when its
 *   promise settles, either way, all of that is as before, and the machine executes if it did before. Aborting the signal
 *   ends it with the signal's reason, a MemoirError, after the same restoration.
 * - `recover` is idempotent; it undoes what a server that died has left behind, and only that: a machine that a person
 *   paused stays paused.
 */
export interface Hypervisor extends Closable {
  readonly kind: 'libvirt' | 'demo';
  /** The host that the machines run on: part of every operation and record. */
  readonly host: string;
  status(): HypervisorStatus;
  list(): Promise<Machine[]>;
  find(nameOrId: string): Promise<Machine | null>;
  /** Returns the function that ends the watch. */
  watch(listener: HypervisorListener): () => void;
  measure(): Promise<MachineMeasurement[]>;
  captureOptions(machine: Machine): Promise<CaptureOptions>;
  /**
   * Decides how. Throws NOT_RUNNING, MACHINE_BUSY or METHOD_UNAVAILABLE (with the blockers) where it cannot be done, and
   * PAUSE_TOO_LONG where it may not. Changes nothing.
   */
  plan(machine: Machine, choice: MethodChoice, limits?: CaptureLimits): Promise<CapturePlan>;
  capture(plan: CapturePlan, reader: CaptureReader, signal: AbortSignal): Promise<CaptureOutcome>;
  recover(): Promise<MachineRecovery>;
}

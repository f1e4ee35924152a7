import type { Duplex } from 'node:stream';
import type { Closable } from '../domain/closable.ts';

export const targetKinds = ['process', 'docker', 'kubernetes'] as const;
export type TargetKind = (typeof targetKinds)[number];

/** A running Node.js process whose heap can be asked for. */
export interface HeapTarget {
  /** Names it for as long as it runs: `process:<pid>`, `docker:<container>:<pid>`, `kubernetes:<namespace>/<pod>/<container>:<pid>`. */
  readonly id: string;
  readonly kind: TargetKind;
  /** What people call the service: a container's name, or the script that runs. */
  readonly name: string;
  /** As its own machine or container counts. */
  readonly pid: number;
  /** As its executable says; null where that does not tell. */
  readonly nodeVersion: string | null;
  /** The program and its script, without the arguments: those may hold secrets. */
  readonly command: string;
  readonly container: string | null;
  /** Why it cannot be captured now, as a sentence; null if nothing is in the way. */
  readonly obstacle: string | null;
}

/** Which processes to list. Only a cluster has namespaces, pods and labels, and is not looked through as a whole. */
export interface TargetFilter {
  readonly kind?: TargetKind;
  readonly namespace?: string;
  readonly pod?: string;
  readonly container?: string;
  /** A label selector: `app=shop,tier!=test`. */
  readonly selector?: string;
}

/** What became of a process, as far as its place tells. */
export interface Ending {
  readonly how: 'OUT_OF_MEMORY' | 'EXITED' | 'RUNS' | 'UNKNOWN';
  /** 137 is SIGKILL. */
  readonly exitCode: number | null;
}

/** The inspector of one process, awake. `close` takes back what waking needed; the inspector itself is closed through its session. */
export interface AwakeInspector extends Closable {
  /** The same process has the same identity, another one never has it, also when it has the same pid. */
  readonly identity: string;
  /** The inspector slept before, so it is closed afterwards. */
  readonly woken: boolean;
  /** A new connection to the inspector's port, for HTTP or WebSocket. */
  dial(signal: AbortSignal): Promise<Duplex>;
  /** Asked when the connection was lost. Never rejects. */
  ending(): Promise<Ending>;
}

/**
 * Where Node.js processes are: this machine, a container engine, a cluster. All calls may be repeated.
 *
 * - `list` leaves out what it may not look at and what is not Node.js. To look into a pod is to run a program there for a
 *   moment, so that a cluster lists nothing without a namespace, pod or selector in its filter.
 * - `find` takes an id of `list`, or whatever else people call a target (a pid, a container's name): NOT_FOUND if there is
 *   none, BAD_INPUT with the candidates in `details.candidates` if it means several.
 * - `wake` starts the inspector of a process that was not prepared for it, and of no other; TARGET_UNAVAILABLE with the
 *   reason where that is not possible, TARGET_GONE if it has ended. Nothing is written anywhere.
 */
export interface HeapTargets extends Closable {
  readonly kind: TargetKind;
  list(signal: AbortSignal, filter?: TargetFilter): Promise<readonly HeapTarget[]>;
  find(reference: string, signal: AbortSignal): Promise<HeapTarget>;
  wake(target: HeapTarget, signal: AbortSignal): Promise<AwakeInspector>;
}

import type { ErrorShape } from '../domain/memoir-error.ts';
import type { ScheduledWork } from './schedule.ts';
import type { Candidate, Chosen } from './selection.ts';

export type LaunchOutcome =
  | { readonly type: 'ACCEPTED'; readonly operationId: string }
  /** Something is in the way that passes: another operation on the machine, a full queue, a hypervisor that is away. */
  | { readonly type: 'LATER'; readonly error: ErrorShape }
  | { readonly type: 'REFUSED'; readonly error: ErrorShape };

/** Starts one target's work. */
export interface Launch {
  readonly work: ScheduledWork;
  readonly target: Chosen;
  /** The same key never starts a second operation, however often the launch is repeated within six days. */
  readonly key: string;
  readonly actor: string;
}

/** What schedules need of those who do the work. */
export interface Launcher {
  /** All machines, or all processes, that there are now. Rejects while that cannot be said. */
  candidates(kind: ScheduledWork['kind']): Promise<readonly Candidate[]>;
  launch(launch: Launch): Promise<LaunchOutcome>;
}

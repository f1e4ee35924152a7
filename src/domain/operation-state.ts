import { namesOf } from './table.ts';

/**
 * The life of an operation, as data. Everything that speaks of states derives from this table: which transitions the
 * journal accepts, what is terminal, the GraphQL enum and its descriptions, the words of the old REST callers, labels.
 */
export const operationStates = {
  QUEUED: {
    next: ['RUNNING', 'FAILED', 'CANCELLED'],
    label: 'Queued',
    rest: 'queued',
    description: 'Accepted and queued.',
  },
  RUNNING: {
    next: ['COMPLETED', 'FAILED', 'CANCELLED', 'QUEUED'],
    label: 'Running',
    rest: 'running',
    description: 'At work. Goes back to QUEUED only when a restart found it safe to run again from the beginning.',
  },
  COMPLETED: {
    next: [],
    label: 'Completed',
    rest: 'completed',
    description: 'Completed: its result is complete and recorded.',
  },
  FAILED: {
    next: [],
    label: 'Failed',
    rest: 'failed',
    description: 'Ended without a result; the error code and text say why and what to do.',
  },
  CANCELLED: {
    next: [],
    label: 'Cancelled',
    rest: 'failed',
    description: 'Cancelled on request; nothing was kept.',
  },
} as const satisfies Record<string, StateRow>;

interface StateRow {
  readonly next: readonly string[];
  readonly label: string;
  /** The word for it in the old REST shapes, which know four states. */
  readonly rest: 'queued' | 'running' | 'completed' | 'failed';
  readonly description: string;
}

export type OperationState = keyof typeof operationStates;

export const allOperationStates = namesOf(operationStates);

/** A state that nothing follows. */
export function isTerminal(state: OperationState): boolean {
  return operationStates[state].next.length === 0;
}

export const activeStates = allOperationStates.filter((state) => !isTerminal(state));

/** Whether the table allows the step; the journal refuses every other. */
export function mayFollow(from: OperationState, to: OperationState): boolean {
  return operationStates[from].next.some((state) => state === to);
}

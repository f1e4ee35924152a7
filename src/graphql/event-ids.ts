import type { ExecutionResult } from 'graphql';

// Beside the result, and not in it: what a client selects of an event may not hold its cursor.
const ids = new WeakMap<ExecutionResult, string>();

/** The cursor of the event that a result was made of; undefined for results of streams that cannot be resumed. */
export const eventIdOf = (result: ExecutionResult): string | undefined => ids.get(result);

export function keepEventId(result: ExecutionResult, id: string): void {
  ids.set(result, id);
}

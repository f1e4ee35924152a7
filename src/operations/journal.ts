import type { Effect } from '../database/effect.ts';
import type { Json } from '../domain/json.ts';
import type { ErrorShape } from '../domain/memoir-error.ts';
import type { OperationState } from '../domain/operation-state.ts';
import type { Operation, OperationEvent, OperationEventType } from './operation.ts';
import type { Submission, SubmitContext, SubmitOutcome } from './submission.ts';

/** What the engine adds to the submissions that it hands to the journal. */
export interface Acceptance {
  /** One for each submission. */
  readonly ids: readonly string[];
  readonly nodeId: string;
  readonly host: string;
  readonly atMs: number;
  /** Most operations of a kind that may wait; beyond it the rest of the batch is refused with QUEUE_FULL. */
  readonly queueLimit?: number;
}

/** A step in an operation's life. Undefined fields stay as they are. */
export interface Transition {
  readonly id: string;
  /** The state it must be in, else the step is refused: nobody overtakes anybody. */
  readonly from: OperationState;
  readonly to: OperationState;
  readonly atMs: number;
  readonly message?: string;
  readonly phase?: string;
  readonly result?: Json;
  readonly error?: ErrorShape;
  readonly durationMs?: number;
  /** Goes into the event. */
  readonly payload?: Json;
  readonly effects?: readonly Effect[];
}

/** Something to say of an operation without a change of state. */
export interface Note {
  readonly id: string;
  readonly type: Extract<OperationEventType, 'PHASE' | 'NOTED' | 'CANCEL_REQUESTED'>;
  readonly atMs: number;
  readonly phase?: string;
  readonly message?: string;
  readonly payload?: Json;
  readonly effects?: readonly Effect[];
}

export interface OperationQuery {
  readonly kind?: string;
  readonly states?: readonly OperationState[];
  /** Operations that have one of these subjects. */
  readonly subjects?: readonly string[];
  /** 1 to 1000; newest first. */
  readonly limit: number;
  /** Operations older than this id (exclusive). */
  readonly afterId?: string;
  readonly beforeId?: string;
}

export interface OperationPage {
  readonly operations: readonly Operation[];
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
  readonly totalCount: number;
}

/** A written change: the operation as it is now, and the event that says so. */
export interface Written {
  readonly operation: Operation;
  readonly event: OperationEvent;
}

/**
 * The durable list of operations and of everything that happened to them: the one source of truth. Implementations pass the
 * suite in test/contracts/; SQLite today, a shared database when one server is not enough, hence asynchronous throughout.
 *
 * - Every method that changes something is atomic and durable when it resolves: state, event and effects together, or none.
 * - Exclusion is the journal's: two active operations never share one of their subjects, however many submit at once.
 * - `seq` has no gaps and no reordering: who has read up to n and asks for more after n misses nothing and sees nothing twice.
 * - Failures: NOT_FOUND for an unknown id, ALREADY_FINISHED for a step from a terminal state, DATABASE_* for the store.
 */
export interface Journal {
  submit(batch: readonly Submission[], context: SubmitContext, acceptance: Acceptance): Promise<SubmitResult>;
  transition(step: Transition): Promise<Written>;
  note(note: Note): Promise<Written>;
  /** In the order of `ids`; null where there is none. */
  get(ids: readonly string[]): Promise<(Operation | null)[]>;
  page(query: OperationQuery): Promise<OperationPage>;
  /**
   * Makes this server the one that works on all active operations, and answers how many were another's. For the one server
   * that the store belongs to (the data directory's lock says which): names change, and so may the id.
   */
  adopt(node: { readonly nodeId: string; readonly host: string }): Promise<number>;
  /** All that are not terminal, oldest first. */
  active(): Promise<readonly Operation[]>;
  /** Events with `seq` > after, ascending; at most `limit` (≤ 1000). */
  events(after: number, limit: number): Promise<readonly OperationEvent[]>;
  /** What happened to one operation, ascending; at most its first `limit` (≤ 1000) events. */
  eventsOf(operationId: string, limit: number): Promise<readonly OperationEvent[]>;
  /** First and last sequence numbers that are there; {first: 1, last: 0} for an empty log. */
  bounds(): Promise<{ readonly first: number; readonly last: number }>;
  /**
   * Forgets the oldest events that are older than a time, at most so many of them (≤ 10,000): always the first ones, so that
   * what is left has no gap. Answers how many, and the first number that is left.
   */
  pruneEvents(beforeMs: number, limit: number): Promise<{ readonly removed: number; readonly first: number }>;
  /** Operations that were accepted before a time, active or not, oldest first, after an id (exclusive). */
  acceptedBefore(beforeMs: number, afterId: string, limit: number): Promise<readonly Operation[]>;
  /** Removes those of them that are terminal; answers how many. */
  forget(ids: readonly string[]): Promise<number>;
  /** Writes, durably, something that means nothing: rejects where the journal cannot be written. */
  probe(): Promise<void>;
  /** Operations by kind and state, for counters. */
  tally(): Promise<readonly { readonly kind: string; readonly state: OperationState; readonly count: number }[]>;
}

export interface SubmitResult {
  readonly outcomes: readonly SubmitOutcome[];
  /** Events of the accepted ones, in order. */
  readonly events: readonly OperationEvent[];
  /** The idempotency key was known: the outcomes are those of the first time, in the order of that time. */
  readonly repeated: boolean;
}

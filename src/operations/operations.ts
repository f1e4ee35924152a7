import type { Effect } from '../database/effect.ts';
import type { Closable } from '../domain/closable.ts';
import type { Json } from '../domain/json.ts';
import type { Journal, OperationPage, OperationQuery } from './journal.ts';
import type { Operation, OperationEvent } from './operation.ts';
import type { Progress } from './operation-kind.ts';
import type { Submission, SubmitContext, SubmitOutcome } from './submission.ts';

/** An operation with how far it is: what a subscriber to progress sees. */
export interface LiveOperation {
  readonly operation: Operation;
  /** Null before the first byte, and for operations that ended before this server started. */
  readonly progress: Progress | null;
  /** Smoothed bytes per second; null while nothing is known. */
  readonly bytesPerSecond: number | null;
  /** Remaining seconds at that rate; null while nothing is known. */
  readonly secondsLeft: number | null;
}

export interface ProgressQuery {
  /** Only operations of this kind. */
  readonly kind?: string;
  /** Only these; the stream ends by itself when all of them are terminal. An unknown id is NOT_FOUND, before the stream starts. */
  readonly ids?: readonly string[];
  /** Only operations that have one of these subjects; goes on for as long as the subscriber wants. */
  readonly subjects?: readonly string[];
}

/** What an event subscriber gets: the events in order, or the news that some are no longer there. */
export type EventItem =
  | { readonly type: 'EVENT'; readonly event: OperationEvent }
  /** The events after `after` up to `resumeAfter` are not delivered: they were pruned, or the consumer fell too far behind. */
  | { readonly type: 'LAGGED'; readonly after: number; readonly resumeAfter: number };

/**
 * The one engine for all work: journal, queue, exclusion, time limits, cancellation, recovery, events and progress.
 *
 * Both streams are async iterables to be read by one reader; `return()` ends them at once, also while a `next()` is waiting.
 * They hold a bounded amount of memory however slowly they are read: progress keeps one latest value per operation, events
 * keep a cursor.
 */
export interface Operations extends Closable {
  submit(batch: readonly Submission[], context: SubmitContext): Promise<readonly SubmitOutcome[]>;
  /** The same for one: ALREADY_ACTIVE, with the id of the other one in `details.active`, or QUEUE_FULL. */
  submitOne(submission: Submission, context: SubmitContext): Promise<Operation>;
  /** Asks for its end: at once for a queued one. Resolves with the operation when the wish is durable. ALREADY_FINISHED, NOT_FOUND. */
  cancel(id: string, actor: string): Promise<Operation>;
  /** Says something of a finished or running operation, durably, with effects: `verified`, `deleted`. */
  note(id: string, message: string, payload: Json, effects: readonly Effect[]): Promise<Operation>;
  get(ids: readonly string[]): Promise<(Operation | null)[]>;
  page(query: OperationQuery): Promise<OperationPage>;
  tally: Journal['tally'];
  bounds: Journal['bounds'];
  probe: Journal['probe'];
  eventsOf: Journal['eventsOf'];
  /** How far an operation of this server is; null if it is not at work here. */
  live(operation: Operation): LiveOperation;
  /** First the current state of everything that matches and is active (or was named by id), then every change, latest wins. */
  watchProgress(query: ProgressQuery): Promise<AsyncIterableIterator<LiveOperation>>;
  /** Everything after a sequence number: replayed from the journal, then live, without gap or duplicate. At once: BAD_CURSOR, or
   * CURSOR_EXPIRED with `details.oldest` where what followed is no longer kept. After 0 comes whatever is kept. */
  watchEvents(after: number): AsyncIterableIterator<EventItem>;
  /** Waits until the operation is terminal. */
  settled(id: string, signal?: AbortSignal): Promise<Operation>;
}

import type { Json } from '../domain/json.ts';
import type { Operation, Subjects } from './operation.ts';

/** A wish to do something, not yet accepted. A kind's `OperationType` makes it from a typed request. */
export interface Submission {
  readonly kind: string;
  readonly subjects: Subjects;
  /**
   * Those of its further subjects for which it waits its turn: behind operations that do so too it is queued, in the order of submission,
   * and refused only because of one that does not.
   */
  readonly inTurn?: readonly string[];
  readonly request: Json;
  /** How it stands while it waits, in one sentence. */
  readonly message: string;
}

/** Who submits, and how a repetition is recognised. */
export interface SubmitContext {
  /** A token's name, or `local`. */
  readonly actor: string;
  /** The same key gives the same operations again; a key seen with other submissions is IDEMPOTENCY_CONFLICT. */
  readonly idempotencyKey?: string;
  /** What the key stands for: compared as text, so that a repeated request is told from another one under the same key. */
  readonly fingerprint?: string;
}

/** One outcome per submission, in order: accepted, or refused because of an active operation on one of its subjects. */
export type SubmitOutcome =
  | { readonly type: 'ACCEPTED'; readonly operation: Operation }
  | { readonly type: 'ALREADY_ACTIVE'; readonly active: Operation }
  | { readonly type: 'QUEUE_FULL'; readonly subject: string };

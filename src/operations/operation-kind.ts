import type { Json } from '../domain/json.ts';
import type { Effect, Operation } from './operation.ts';

/** How far an operation is, now: latest wins, never journaled. */
export interface Progress {
  /** Bytes (or whatever `unit` says) done, of a known total; null total where it is not known yet. */
  readonly doneBytes: number;
  readonly totalBytes: number | null;
  /** Bytes written to the artifact so far, where that differs. */
  readonly writtenBytes?: number;
}

/** What a handler is given for one run. */
export interface RunContext {
  readonly operation: Operation;
  /** Aborted with a MemoirError as its reason: CANCELLED, STALLED, TIMED_OUT or SHUTTING_DOWN. */
  readonly signal: AbortSignal;
  /** Enters a named phase: journaled, so await it. */
  phase(name: string, message: string): Promise<void>;
  /** Cheap; call it as often as something moved. A call with more bytes than before also says that nothing has stalled. */
  progress(progress: Progress): void;
}

/** What is kept of a run that went well. */
export interface RunOutcome {
  readonly result: Json;
  readonly message: string;
  /** Written in the same transaction as COMPLETED. */
  readonly effects?: readonly Effect[];
}

/** What to do with an operation that was RUNNING when the last server died. */
export type Recovery =
  | { readonly action: 'FAIL'; readonly message?: string }
  | { readonly action: 'REQUEUE'; readonly message?: string }
  /** Everything but the journal's entry had been done: finish it. */
  | ({ readonly action: 'COMPLETE' } & RunOutcome);

/**
 * A kind of operation. A new kind implements this and is named in the composition root; no file of `operations/` changes.
 *
 * - `run` resolves when everything it made is durable, or rejects after it removed everything: MemoirErrors are FAILED with
 *   their code (CANCELLED if the signal says so), anything else is FAILED/INTERNAL. It must settle soon after `signal`.
 * - `recover` is called at start for each operation that was RUNNING, before any other runs; it brings the world back in
 *   order (idempotently, since the server may die again in the middle) and says how the operation ends.
 */
export interface OperationKind {
  readonly kind: string;
  /** How many run at once. */
  readonly parallel: number;
  /** Milliseconds without a byte, and in all, after which it is ended; 0 for no limit. */
  readonly stallTimeoutMs: number;
  readonly timeoutMs: number;
  run(context: RunContext): Promise<RunOutcome>;
  recover(operation: Operation): Promise<Recovery>;
}

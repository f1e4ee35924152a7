import type { Effect } from '../database/effect.ts';
import type { Json } from '../domain/json.ts';
import type { Operation } from './operation.ts';
import type { OperationType } from './operation-type.ts';

/** How far an operation is, now: latest wins, never journaled. */
export interface Progress {
  /** Bytes (or whatever `unit` says) done, of a known total; null total where it is not known yet. */
  readonly doneBytes: number;
  readonly totalBytes: number | null;
  /** Bytes written to the artifact so far, where that differs. */
  readonly writtenBytes?: number;
  /** Bytes that came in so far, where that differs: they may wait in a spool before any of them is done. */
  readonly receivedBytes?: number;
}

/** Milliseconds without movement, and in all, after which a run is ended; 0 for no limit. */
export interface TimeLimits {
  readonly stallTimeoutMs: number;
  readonly timeoutMs: number;
}

/** What a handler is given for one run. */
export interface RunContext<Request extends Json = Json> {
  readonly operation: Operation;
  readonly request: Request;
  /** Aborted with a MemoirError as its reason: CANCELLED, STALLED, TIMED_OUT or SHUTTING_DOWN. */
  readonly signal: AbortSignal;
  /** Enters a named phase: journaled, so await it. */
  phase(name: string, message: string): Promise<void>;
  /** Writes what is done so far, durably, in one transaction: for work that is too large for the one that completes it. */
  commit(message: string, effects: readonly Effect[]): Promise<void>;
  /** Cheap; call it as often as something moved. A call with more bytes than before also says that nothing has stalled. */
  progress(progress: Progress): void;
  /** Says that something moved which no count of `progress` shows. Cheap. Only call it for what was seen to move. */
  moved(): void;
  /** Sets other limits than the kind's for this run, counted from its start: what it has to do is known only now. */
  setLimits(limits: TimeLimits): void;
}

/** What is kept of a run that went well. */
export interface RunOutcome<Result extends Json = Json> {
  readonly result: Result;
  readonly message: string;
  /** How long it took, where what it made says so too; else the engine's own measure. */
  readonly durationMs?: number;
  /** Written in the same transaction as COMPLETED. */
  readonly effects?: readonly Effect[];
}

/** What to do with an operation that was RUNNING when the last server died. */
export type Recovery<Result extends Json = Json> =
  | { readonly action: 'FAIL'; readonly message?: string }
  | { readonly action: 'REQUEUE'; readonly message?: string }
  /** Everything but the journal's entry had been done: finish it. */
  | ({ readonly action: 'COMPLETE' } & RunOutcome<Result>);

/**
 * A kind of operation. A new kind implements this and is named in the composition root; no file of `operations/` changes.
 *
 * - `run` resolves when everything it made is durable, or rejects after it removed everything: MemoirErrors are FAILED with
 *   their code (CANCELLED if the signal says so), anything else is FAILED/INTERNAL. It must settle soon after `signal`.
 * - `recover` is called at start for each operation that was RUNNING, before any other runs; it brings the world back in
 *   order (idempotently, since the server may die again in the middle) and says how the operation ends.
 */
export interface OperationKind<Request extends Json = Json, Result extends Json = Json> extends TimeLimits {
  readonly type: OperationType<Request, Result>;
  /** How many run at once. */
  readonly parallel: number;
  run(context: RunContext<Request>): Promise<RunOutcome<Result>>;
  recover(operation: Operation, request: Request): Promise<Recovery<Result>>;
  /**
   * Which of these finished operations the journal has to keep however old they are, because something that they made needs
   * them; without it, none.
   */
  keeps?(operations: readonly Operation[]): Promise<ReadonlySet<string>>;
}

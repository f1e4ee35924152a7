import { atMost } from '../async/at-most.ts';
import { backOffMs } from '../async/back-off.ts';
import { pause } from '../async/pause.ts';
import type { ErrorCode } from '../domain/error-catalogue.ts';
import { type ErrorShape, MemoirError, toErrorShape } from '../domain/memoir-error.ts';
import type { Note, Transition } from './journal.ts';
import type { Operation } from './operation.ts';
import type { OperationKind } from './operation-kind.ts';
import type { OperationsLog } from './operations-log.ts';
import type { ProgressBoard } from './progress-board.ts';
import { type Run, startRun } from './run.ts';

interface SchedulerParts {
  readonly kinds: ReadonlyMap<string, OperationKind>;
  readonly board: ProgressBoard;
  readonly log: OperationsLog;
  step(transition: Omit<Transition, 'atMs'>): Promise<Operation>;
  note(note: Omit<Note, 'atMs'>): Promise<Operation>;
}

/** Between two tries to write an operation's start or end. */
const backOff = { minDelayMs: 100, maxDelayMs: 5_000 };

/**
 * Decides what runs: per kind first in, first out, with the kind's parallel limit, and of operations that share a subject one after the other. It holds ids only of what the journal has
 * as active, so it is as large as the queue limit allows.
 */
export class Scheduler {
  readonly #parts: SchedulerParts;
  #queued = new Map<string, Operation>();
  readonly #running = new Map<string, Running>();
  readonly #ends = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #started = false;
  /** Starts that the journal could not take, in a row; while `#held` is set, nothing is started. */
  #startFailures = 0;
  #held: NodeJS.Timeout | undefined;

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
  }

  get closing(): boolean {
    return this.#closing.signal.aborted;
  }

  start(): void {
    this.#started = true;
    this.#pump();
  }

  enqueue(operation: Operation): void {
    this.#queued.set(operation.id, operation);
    this.#pump();
  }

  /** Takes it out of the queue; false if it is not there (any more). */
  dequeue(id: string): boolean {
    return this.#queued.delete(id);
  }

  abort(id: string, reason: MemoirError): void {
    const entry = this.#running.get(id);
    if (entry === undefined) return;
    entry.abortedBefore ??= reason;
    entry.run?.abort(reason);
  }

  /** Starts nothing new, lets what runs end for `graceMs`, aborts the rest and waits for it. The queue stays in the journal. */
  async close(graceMs: number): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#held);
    this.#queued.clear();
    if (this.#ends.size > 0 && graceMs > 0) {
      await atMost(Promise.allSettled(this.#ends), graceMs);
    }
    for (const id of this.#running.keys()) this.abort(id, new MemoirError('SHUTTING_DOWN', 'the server is stopping'));
    await Promise.allSettled(this.#ends);
  }

  #pump(): void {
    if (!this.#started || this.#held !== undefined || this.closing) return;
    const busy = new Map<string, number>();
    const taken = new Set<string>();
    for (const { operation } of this.#running.values()) {
      busy.set(operation.kind, (busy.get(operation.kind) ?? 0) + 1);
      for (const subject of operation.subjects) taken.add(subject);
    }
    for (const [id, operation] of this.#queued) {
      const kind = this.#parts.kinds.get(operation.kind);
      const count = busy.get(operation.kind) ?? 0;
      const waits = operation.subjects.some((subject) => taken.has(subject));
      // What waits is not overtaken by what came later for the same subject.
      for (const subject of operation.subjects) taken.add(subject);
      if (kind === undefined || count >= kind.parallel || waits) continue;
      busy.set(operation.kind, count + 1);
      this.#queued.delete(id);
      this.#running.set(id, { operation, run: undefined, abortedBefore: undefined });
      const end = this.#work(kind, operation).finally(() => {
        this.#ends.delete(end);
        this.#running.delete(id);
        this.#pump();
      });
      this.#ends.add(end);
    }
  }

  /** One operation from its start to its durable end. Never rejects. */
  async #work(kind: OperationKind, queued: Operation): Promise<void> {
    const { id } = queued;
    let operation: Operation;
    try {
      operation = await this.#parts.step({ id, from: 'QUEUED', to: 'RUNNING', message: 'Started' });
      this.#startFailures = 0;
    } catch (error) {
      return this.#notStarted(queued, toErrorShape(error));
    }
    const startedMs = performance.now();
    const run = startRun(kind, operation, {
      phase: async (_, phase, message) => void (await this.#parts.note({ id, type: 'PHASE', phase, message })),
      commit: async (_, message, effects) => void (await this.#parts.note({ id, type: 'NOTED', message, effects })),
      progress: (of, progress) => this.#parts.board.progress(of, progress),
    });
    const entry = this.#running.get(id);
    if (entry !== undefined) {
      entry.run = run;
      if (entry.abortedBefore !== undefined) run.abort(entry.abortedBefore);
    }
    const end = await run.outcome.then(
      ({ effects = [], ...outcome }): EndOf => ({ to: 'COMPLETED', ...outcome, effects }),
      (error): EndOf => failure(error, run.reason),
    );
    if (end.to === 'FAILED' && end.error?.code === 'INTERNAL') {
      this.#parts.log.error({ operation: id, error: end.error }, 'an operation failed unexpectedly');
    }
    await this.#record({ durationMs: performance.now() - startedMs, ...end, id, from: 'RUNNING' });
  }

  /** Nothing was done yet, and the journal still says QUEUED. */
  async #notStarted(queued: Operation, error: ErrorShape): Promise<void> {
    const { id } = queued;
    this.#parts.log.error({ operation: id, error }, 'an operation could not be started');
    if (this.closing) return;
    if (!passing.has(error.code)) return this.#giveUp({ id, from: 'QUEUED', to: 'RUNNING' }, error);
    const wish = this.#running.get(id)?.abortedBefore;
    if (wish !== undefined) return this.#record({ id, from: 'QUEUED', ...failure(wish, wish) });
    // Back to its place, where it can be cancelled; a journal that is busy for one is busy for all.
    const byAge = [...this.#queued, [id, queued] as const].sort(([left], [right]) => (left < right ? -1 : 1));
    this.#queued = new Map(byAge);
    this.#startFailures += 1;
    this.#held ??= setTimeout(
      () => {
        this.#held = undefined;
        this.#pump();
      },
      backOffMs(this.#startFailures, backOff),
    );
  }

  /**
   * Writes the end until it is written: what was done is done, and a journal that is busy or full for a while must not turn
   * a finished dump into an interrupted one. A stopping server leaves it to the recovery of the next.
   */
  async #record(transition: Omit<Transition, 'atMs'>): Promise<void> {
    for (let failures = 1; ; failures += 1) {
      try {
        await this.#parts.step(transition);
        return;
      } catch (error) {
        const shape = toErrorShape(error);
        this.#parts.log.error(
          { operation: transition.id, error: shape },
          'the end of an operation could not be written',
        );
        if (!passing.has(shape.code)) return this.#giveUp(transition, shape);
        if (this.closing) return;
        await pause(backOffMs(failures, backOff), this.#closing.signal);
      }
    }
  }

  /** An end that can never be written (an effect that throws, say) must not keep its subject occupied for ever. */
  async #giveUp({ id, from, to }: Omit<Transition, 'atMs'>, error: ErrorShape): Promise<void> {
    const message = `It is ${to}, but that could not be recorded: ${error.message}`;
    await this.#parts.step({ id, from, to: 'FAILED', message, error }).catch(() => undefined);
  }
}

interface Running {
  readonly operation: Operation;
  run: Run | undefined;
  abortedBefore: MemoirError | undefined;
}

/** Failures of the journal that pass: worth another try. */
const passing: ReadonlySet<ErrorCode> = new Set(['DATABASE_BUSY', 'DATABASE_FAILED', 'NO_SPACE']);

type EndOf = Pick<Transition, 'to' | 'message' | 'result' | 'error' | 'effects' | 'durationMs'>;

/** How a run that did not go well ends. The reason it was aborted with counts more than what the abortion made it throw. */
function failure(error: unknown, reason: MemoirError | undefined): EndOf {
  if (reason?.code === 'CANCELLED')
    return { to: 'CANCELLED', message: capital(reason.message), error: toErrorShape(reason) };
  if (reason?.code === 'SHUTTING_DOWN') {
    const interrupted = new MemoirError('INTERRUPTED', 'the server was stopped while it ran');
    return { to: 'FAILED', message: capital(interrupted.message), error: toErrorShape(interrupted) };
  }
  const shape = toErrorShape(reason ?? error);
  return { to: 'FAILED', message: capital(shape.message), error: shape };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

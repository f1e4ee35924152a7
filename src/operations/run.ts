import type { Effect } from '../database/effect.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import type { Operation } from './operation.ts';
import type { OperationKind, Progress, RunContext, RunOutcome, TimeLimits } from './operation-kind.ts';

/** What a run needs from the engine. */
export interface RunHost {
  phase(operation: Operation, name: string, message: string): Promise<void>;
  commit(operation: Operation, message: string, effects: readonly Effect[]): Promise<void>;
  progress(id: string, progress: Progress): void;
}

/** One run of a handler, with its time limits and its end. */
export interface Run {
  /** Ends it: the handler's signal is aborted with this reason, once. */
  abort(reason: MemoirError): void;
  /** The reason it was aborted with; undefined if nobody did. */
  readonly reason: MemoirError | undefined;
  /** Settles as the handler does. */
  readonly outcome: Promise<RunOutcome>;
}

/** Starts the handler of an operation that the journal has as RUNNING. */
export function startRun(kind: OperationKind, operation: Operation, host: RunHost): Run {
  const controller = new AbortController();
  const limits = watchLimits(kind, (reason) => abort(reason));
  const abort = (reason: MemoirError) => {
    if (!controller.signal.aborted) controller.abort(reason);
  };

  const context: Omit<RunContext, 'request'> = {
    operation,
    signal: controller.signal,
    async commit(message, effects) {
      limits.moved();
      await host.commit(operation, message, effects);
    },
    async phase(name, message) {
      limits.moved();
      await host.phase(operation, name, message);
    },
    progress(progress) {
      limits.progressed(progress);
      host.progress(operation.id, progress);
    },
    moved: () => limits.moved(),
    setLimits: (wanted) => limits.set(wanted),
  };
  const outcome = (async () => {
    try {
      return await kind.run({ ...context, request: kind.type.requestOf(operation) });
    } finally {
      limits.stop();
    }
  })();

  return {
    abort,
    outcome,
    get reason() {
      return controller.signal.aborted ? controller.signal.reason : undefined;
    },
  };
}

/** The total and the stall timeout of one run, on the monotonic clock, so that a jump of the wall clock ends nothing. */
function watchLimits(limits: TimeLimits, expire: (reason: MemoirError) => void) {
  const startedMs = performance.now();
  let lastMovedMs = startedMs;
  let lastSum = -1;
  let stall: NodeJS.Timeout | undefined;
  let total: NodeJS.Timeout | undefined;
  let ended = false;

  /** Calls back when `limitMs` have passed since the moment that `since` names, which may move on meanwhile. */
  const arm = (limitMs: number, since: () => number, keep: (timer: NodeJS.Timeout) => void, over: () => void) => {
    const left = Math.max(0, since() + limitMs - performance.now());
    const check = () => (since() + limitMs > performance.now() ? arm(limitMs, since, keep, over) : over());
    keep(setTimeout(check, Math.min(left, longestTimerMs)));
  };
  const set = ({ stallTimeoutMs, timeoutMs }: TimeLimits) => {
    clearTimeout(total);
    clearTimeout(stall);
    if (ended) return;
    if (timeoutMs > 0)
      arm(
        timeoutMs,
        () => startedMs,
        (timer) => {
          total = timer;
        },
        () => expire(new MemoirError('TIMED_OUT', `not done after ${seconds(timeoutMs)}`)),
      );
    if (stallTimeoutMs > 0)
      arm(
        stallTimeoutMs,
        () => lastMovedMs,
        (timer) => {
          stall = timer;
        },
        () => expire(new MemoirError('STALLED', `nothing moved for ${seconds(stallTimeoutMs)}`)),
      );
  };
  set(limits);

  return {
    set,
    moved() {
      lastMovedMs = performance.now();
    },
    /** Only a number that grew is movement: a handler that repeats itself is still stalled. */
    progressed({ doneBytes, writtenBytes = 0, receivedBytes = 0 }: Progress) {
      const sum = doneBytes + writtenBytes + receivedBytes;
      if (sum > lastSum) lastMovedMs = performance.now();
      lastSum = Math.max(lastSum, sum);
    },
    stop() {
      ended = true;
      clearTimeout(total);
      clearTimeout(stall);
    },
  };
}

/** Node's timers count milliseconds in 31 bits. */
const longestTimerMs = 2 ** 31 - 1;

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}

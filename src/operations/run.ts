import { MemoirError } from '../domain/memoir-error.ts';
import type { Operation } from './operation.ts';
import type { OperationKind, Progress, RunContext, RunOutcome } from './operation-kind.ts';

/** What a run needs from the engine. */
export interface RunHost {
  phase(operation: Operation, name: string, message: string): Promise<void>;
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

  const context: RunContext = {
    operation,
    signal: controller.signal,
    async phase(name, message) {
      limits.moved();
      await host.phase(operation, name, message);
    },
    progress(progress) {
      limits.progressed(progress);
      host.progress(operation.id, progress);
    },
  };
  const outcome = (async () => {
    try {
      return await kind.run(context);
    } finally {
      limits.stop();
    }
  })();

  return {
    abort,
    outcome,
    get reason() {
      return controller.signal.aborted ? (controller.signal.reason as MemoirError) : undefined;
    },
  };
}

/** The total and the stall timeout of one run, on the monotonic clock, so that a jump of the wall clock ends nothing. */
function watchLimits(kind: OperationKind, expire: (reason: MemoirError) => void) {
  let lastMovedMs = performance.now();
  let lastSum = -1;
  let stall: NodeJS.Timeout | undefined;

  const total =
    kind.timeoutMs > 0
      ? setTimeout(
          () => expire(new MemoirError('TIMED_OUT', `not done after ${seconds(kind.timeoutMs)}`)),
          kind.timeoutMs,
        )
      : undefined;

  const armStall = (afterMs: number) => {
    stall = setTimeout(() => {
      const left = lastMovedMs + kind.stallTimeoutMs - performance.now();
      if (left > 0) armStall(left);
      else expire(new MemoirError('STALLED', `no byte moved for ${seconds(kind.stallTimeoutMs)}`));
    }, afterMs);
  };
  if (kind.stallTimeoutMs > 0) armStall(kind.stallTimeoutMs);

  return {
    moved() {
      lastMovedMs = performance.now();
    },
    /** Only a number that grew is movement: a handler that repeats itself is still stalled. */
    progressed({ doneBytes, writtenBytes = 0 }: Progress) {
      const sum = doneBytes + writtenBytes;
      if (sum > lastSum) lastMovedMs = performance.now();
      lastSum = Math.max(lastSum, sum);
    },
    stop() {
      clearTimeout(total);
      clearTimeout(stall);
    },
  };
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}

import { Worker } from 'node:worker_threads';
import type { Closable } from '../../domain/closable.ts';
import { fromErrorShape, MemoirError, toErrorShape } from '../../domain/memoir-error.ts';
import type { CaptureReader } from '../../machines/capture.ts';
import type { DumpFacts, Manifest } from '../manifest.ts';
import type { CaptureCommand, CaptureJob, CaptureProgress, CaptureReport } from './messages.ts';
import { threadFailure } from './thread-failure.ts';

/** How long a thread that was told to stop may take for it before it is ended by force. */
const stopTimeoutMs = 5_000;

/** Pages are in buffers outside of the heap; what is short-lived in it is small, and a small nursery keeps the thread small. */
const resourceLimits = { maxYoungGenerationSizeMb: 3 };

/**
 * Node closes the descriptors that a thread opened when the thread ends, also those that a socket took over and closed long
 * before: the number may be another dump's file by then, or a client's connection.
 */
const trackUnmanagedFds = false;

/** Whose capture it is. */
export interface CaptureOwner {
  progress(progress: CaptureProgress): void;
  /** Something moved that no count shows. */
  moved(): void;
  /** Removes what a thread has left on the disk that had to be ended by force. May be called twice. */
  discard(): Promise<unknown>;
}

/** The server's end of a capture thread: the strings that `hypervisor.capture` pulls, and the commit after it. */
export interface CaptureThread {
  readonly reader: CaptureReader;
  /** Completes and commits the artifact of a dump that began `elapsedMs` ago; to be called once, after the hypervisor's side ended well. */
  finish(facts: DumpFacts, elapsedMs: number): Promise<Manifest>;
  /** Ends the thread if it still runs; resolves when it left nothing on disk. Idempotent, and safe after a commit. */
  stop(reason: MemoirError): Promise<void>;
}

/** Deferred; early rejection is not reported as unhandled. */
function deferred<T>() {
  const result = Promise.withResolvers<T>();
  result.promise.catch(() => undefined);
  return result;
}

/** A thread that has loaded what it needs and waits for its job. */
export function newCaptureWorker(): Worker {
  return new Worker(new URL('./thread.ts', import.meta.url), { resourceLimits, trackUnmanagedFds });
}

export function startCaptureThread(
  job: CaptureJob,
  owner: CaptureOwner,
  worker: Worker = newCaptureWorker(),
  stopMs = stopTimeoutMs,
): CaptureThread {
  const ready = deferred<void>();
  const drained = deferred<void>();
  const committed = deferred<Manifest>();
  const exited = deferred<void>();
  let failure: MemoirError | undefined;

  const fail = (error: MemoirError) => {
    failure ??= error;
    ready.reject(failure);
    drained.reject(failure);
    committed.reject(failure);
  };

  worker.on('message', (report: CaptureReport) => {
    switch (report.type) {
      case 'READY':
        return ready.resolve();
      case 'PROGRESS':
        return owner.progress(report.progress);
      case 'DRAINED':
        return drained.resolve();
      case 'COMMITTED':
        return committed.resolve(report.manifest);
      case 'FAILED':
        return fail(fromErrorShape(report.error));
      default:
        return report satisfies never;
    }
  });
  worker.on('error', (cause) => fail(threadFailure(cause)));
  worker.on('exit', () => {
    fail(new MemoirError('INTERNAL', 'the capture thread ended unexpectedly'));
    exited.resolve();
  });
  const send = (command: CaptureCommand) => worker.postMessage(command);

  async function stop(reason: MemoirError): Promise<void> {
    send({ type: 'ABORT', error: toErrorShape(reason) });
    let isForced = false;
    const timer = setTimeout(() => {
      isForced = true;
      void worker.terminate();
      // At once: a thread whose disk does not respond ends when it does, and the server may be gone by then.
      void owner.discard().catch(() => undefined);
    }, stopMs);
    await exited.promise;
    clearTimeout(timer);
    if (isForced) await owner.discard().catch(() => undefined);
  }

  return {
    reader: {
      async open() {
        send({ type: 'OPEN', job });
        await ready.promise;
      },
      drained: drained.promise,
      moved: () => owner.moved(),
      abandon: () =>
        send({
          type: 'ABORT',
          error: toErrorShape(new MemoirError('CAPTURE_FAILED', 'the hypervisor ended the capture')),
        }),
    },
    async finish(facts, elapsedMs) {
      send({ type: 'FINISH', facts, elapsedMs });
      return committed.promise;
    },
    stop,
  };
}

/**
 * A thread for each capture and, once asked for, one that waits for the next: to start one takes longer than all else that
 * lies between a trigger and the moment that is captured. While captures run none waits, so that they have the memory.
 */
export class CaptureThreads implements Closable {
  readonly #newWorker: () => Worker;
  #keepsOne = false;
  #waiting: Worker | undefined;
  #running = 0;

  constructor(newWorker: () => Worker = newCaptureWorker) {
    this.#newWorker = newWorker;
  }

  /** From now on a thread waits whenever no capture runs. It does not keep the process alive. */
  keepOne(): void {
    this.#keepsOne = true;
    this.#prepare();
  }

  start(job: CaptureJob, owner: CaptureOwner): CaptureThread {
    const worker = this.#waiting ?? this.#newWorker();
    this.#waiting = undefined;
    worker.ref();
    this.#running += 1;
    worker.on('exit', () => {
      this.#running -= 1;
      this.#prepare();
    });
    return startCaptureThread(job, owner, worker);
  }

  /** Ends the thread that waits; captures that run are their owners' affair. */
  async close(): Promise<void> {
    this.#keepsOne = false;
    await this.#waiting?.terminate();
  }

  #prepare(): void {
    if (!this.#keepsOne || this.#waiting !== undefined || this.#running > 0) return;
    const worker = this.#newWorker();
    worker.unref();
    const forget = (): void => {
      if (this.#waiting === worker) this.#waiting = undefined;
    };
    // One that dies while it waits needs no handling: the next capture starts its own, and reports why that fails.
    worker.on('error', forget);
    worker.on('exit', forget);
    this.#waiting = worker;
  }
}

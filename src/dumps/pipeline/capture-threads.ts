import type { Worker } from 'node:worker_threads';
import type { Closable } from '../../domain/closable.ts';
import { type CaptureOwner, type CaptureThread, newCaptureWorker, startCaptureThread } from './capture-thread.ts';
import type { CaptureJob } from './messages.ts';

/**
 * A thread for each capture and, once asked for, one that waits for the next: to start one takes longer than all else that
 * lies between a trigger and the moment that is captured. While captures run none waits, so that they have the memory.
 */
export class CaptureThreads implements Closable {
  #keepsOne = false;
  #waiting: Worker | undefined;
  #running = 0;

  /** From now on a thread waits whenever no capture runs. It does not keep the process alive. */
  keepOne(): void {
    this.#keepsOne = true;
    this.#prepare();
  }

  start(job: CaptureJob, owner: CaptureOwner): CaptureThread {
    const worker = this.#waiting ?? newCaptureWorker();
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
    const worker = newCaptureWorker();
    worker.unref();
    const forget = (): void => {
      if (this.#waiting === worker) this.#waiting = undefined;
    };
    // One that dies while it waits is missed by nobody: the next capture starts its own, and tells why that fails.
    worker.on('error', forget);
    worker.on('exit', forget);
    this.#waiting = worker;
  }
}

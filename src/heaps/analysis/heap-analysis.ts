import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Askers, leavesWith } from '../../async/askers.ts';
import { untilAborted } from '../../async/until-aborted.ts';
import type { Closable } from '../../domain/closable.ts';
import { fromErrorShape, MemoirError } from '../../domain/memoir-error.ts';
import type { ModuleReference } from '../../domain/module-reference.ts';
import type { ArtifactKey } from '../../storage/artifact-store.ts';
import type { HeapCapture } from '../captures/heap-capture.ts';
import type { AnalysisJob, AnalysisReport, AnalysisRequest, AnalysisResults } from './analysis-job.ts';
import type { HeapDiff } from './diff.ts';
import type { HeapSummary } from './summary.ts';

/** After so long without a question the thread is ended, and gives back the snapshot that it keeps. */
const idleMs = 5 * 60_000;
/** Questions that may wait. */
const queueLimit = 32;
/** Raised when results look different: kept ones of another version are made anew. */
const resultVersion = 1;

/** A question and who asked it. */
interface Question {
  readonly id: number;
  readonly job: AnalysisJob;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Work that several may wait for. */
interface Shared {
  readonly result: Promise<AnalysisResults['SUMMARY' | 'DIFF']>;
  readonly askers: Askers;
}

/**
 * Answers questions about captures on a thread of its own, one after the other; summaries and comparisons are kept, so that
 * they open at once. A question whose signal is aborted is taken out of the line, or the thread is ended that works at it.
 */
export class HeapAnalysis implements Closable {
  readonly #store: ModuleReference;
  readonly #folder: string;
  /** The first is the one that the thread works at. */
  readonly #line: Question[] = [];
  /** The same question asked twice at a time is one. */
  readonly #running = new Map<string, Shared>();
  #worker: Worker | null = null;
  #next = 1;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(store: ModuleReference, folder: string) {
    this.#store = store;
    this.#folder = folder;
  }

  summary(capture: HeapCapture, signal?: AbortSignal): Promise<HeapSummary> {
    return this.#kept(`summary-${capture.id}`, { type: 'SUMMARY', key: keyOf(capture) }, signal);
  }

  diff(before: HeapCapture, after: HeapCapture, signal?: AbortSignal): Promise<HeapDiff> {
    const comparedBy = before.identity !== null && before.identity === after.identity ? 'IDENTITY' : 'CLASS';
    const job = { type: 'DIFF', before: keyOf(before), after: keyOf(after), comparedBy } as const;
    return this.#kept(`diff-${before.id}-${after.id}`, job, signal);
  }

  /** Drops what is kept of a capture that is gone. */
  async forget(id: string): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    const kept = names.filter(
      (name) => name.startsWith(`summary-${id}.`) || (name.startsWith('diff-') && name.includes(id)),
    );
    await Promise.all(kept.map((name) => rm(join(this.#folder, name), { force: true })));
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    await this.#end(new MemoirError('SHUTTING_DOWN', 'the server is stopping'));
  }

  #kept<Job extends Extract<AnalysisJob, { type: 'SUMMARY' | 'DIFF' }>>(
    name: string,
    job: Job,
    signal: AbortSignal | undefined,
  ): Promise<AnalysisResults[Job['type']]> {
    let shared = this.#running.get(name);
    if (shared === undefined || shared.askers.signal.aborted) {
      const askers = new Askers();
      const mine: Shared = { askers, result: this.#readOrAsk(name, job, askers.signal) };
      const done = () => {
        if (this.#running.get(name) === mine) this.#running.delete(name);
      };
      mine.result.then(done, done);
      this.#running.set(name, mine);
      shared = mine;
    }
    shared.askers.add(leavesWith(signal));
    return untilAborted(shared.result as Promise<AnalysisResults[Job['type']]>, signal);
  }

  async #readOrAsk<Job extends AnalysisJob>(
    name: string,
    job: Job,
    signal: AbortSignal,
  ): Promise<AnalysisResults[Job['type']]> {
    const path = join(this.#folder, `${name}.v${resultVersion}.json`);
    try {
      return JSON.parse(await readFile(path, 'utf8'));
    } catch {
      // Not kept yet, or damaged: made anew.
    }
    const result = await this.ask(job, signal);
    // Kept results only save time: a full disk does not take the answer away.
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const partial = `${path}.${process.pid}.partial`;
      await writeFile(partial, JSON.stringify(result), { mode: 0o600 });
      await rename(partial, path).catch(async (error) => {
        await rm(partial, { force: true });
        throw error;
      });
    } catch {}
    return result;
  }

  /** Asks the thread. */
  ask<Job extends AnalysisJob>(job: Job, signal?: AbortSignal): Promise<AnalysisResults[Job['type']]> {
    if (this.#closed) return Promise.reject(new MemoirError('SHUTTING_DOWN', 'the server is stopping'));
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#line.length >= queueLimit) {
      return Promise.reject(new MemoirError('QUEUE_FULL', 'too many questions about heaps are waiting'));
    }
    const { promise, resolve, reject } = Promise.withResolvers<AnalysisResults[Job['type']]>();
    const question: Question = { id: this.#next++, job, resolve, reject };
    this.#line.push(question);
    if (this.#line.length === 1) this.#send(question);
    const onAbort = () => this.#giveUp(question, signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    return promise.finally(() => signal?.removeEventListener('abort', onAbort));
  }

  #giveUp(question: Question, reason: unknown): void {
    const place = this.#line.indexOf(question);
    if (place < 0) return;
    question.reject(reason);
    if (place > 0) {
      this.#line.splice(place, 1);
      return;
    }
    // It computes without a pause, and hears nothing: only its end stops it.
    const worker = this.#worker;
    this.#worker = null;
    this.#goOn();
    void worker?.terminate();
  }

  #send({ id, job }: Question): void {
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    this.#worker.postMessage({ id, job } satisfies AnalysisRequest);
  }

  /** The first question is answered: the next. */
  #goOn(): void {
    this.#line.shift();
    const [next] = this.#line;
    clearTimeout(this.#idle);
    if (next !== undefined) this.#send(next);
    else this.#idle = setTimeout(() => void this.#end(new MemoirError('INTERNAL', 'idle')), idleMs).unref();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: this.#store });
    worker.on('message', (report: AnalysisReport) => {
      const [first] = this.#line;
      if (first?.id !== report.id) return;
      if ('error' in report) first.reject(fromErrorShape(report.error));
      else first.resolve(report.result as never);
      this.#goOn();
    });
    // Out of memory, as a rule: the next question starts another thread.
    worker.on('error', (cause) => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      const [first] = this.#line;
      first?.reject(new MemoirError('LIMIT_EXCEEDED', 'the snapshot is too large to be analysed here', { cause }));
      this.#goOn();
    });
    worker.unref();
    return worker;
  }

  async #end(reason: MemoirError): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = null;
    for (const { reject } of this.#line.splice(0)) reject(reason);
    await worker?.terminate();
  }
}

export const keyOf = ({ folder, file }: HeapCapture): ArtifactKey => ({ folder, file });

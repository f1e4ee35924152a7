import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Closable } from '../../domain/closable.ts';
import { fromErrorShape, MemoirError } from '../../domain/memoir-error.ts';
import type { ModuleReference } from '../../domain/module-reference.ts';
import type { HeapCapture } from '../captures/heap-capture.ts';
import type { AnalysisJob, AnalysisReport, AnalysisResults } from './analysis-job.ts';
import type { HeapDiff } from './diff.ts';
import type { HeapObject } from './object-list.ts';
import type { HeapSummary } from './summary.ts';

/** After so long without a question the thread is ended, and gives back the snapshot that it keeps. */
const idleMs = 5 * 60_000;
/** Questions that may wait. */
const queueLimit = 32;
/** Raised when results look different: kept ones of another version are made anew. */
const resultVersion = 1;

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** Answers questions about captures on a thread of its own; summaries and comparisons are kept, so that they open at once. */
export class HeapAnalysis implements Closable {
  readonly #store: ModuleReference;
  readonly #folder: string;
  readonly #waiting = new Map<number, Waiting>();
  /** The same question asked twice at a time is one. */
  readonly #running = new Map<string, Promise<unknown>>();
  #worker: Worker | null = null;
  #next = 1;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(store: ModuleReference, folder: string) {
    this.#store = store;
    this.#folder = folder;
  }

  summary(capture: HeapCapture): Promise<HeapSummary> {
    return this.#kept(`summary-${capture.id}`, { type: 'SUMMARY', key: keyOf(capture) });
  }

  diff(before: HeapCapture, after: HeapCapture): Promise<HeapDiff> {
    const comparedBy = before.identity !== null && before.identity === after.identity ? 'IDENTITY' : 'CLASS';
    return this.#kept(`diff-${before.id}-${after.id}`, {
      type: 'DIFF',
      before: keyOf(before),
      after: keyOf(after),
      comparedBy,
    });
  }

  retainers(capture: HeapCapture, node: number, first: number): Promise<readonly HeapObject[]> {
    return this.#ask({ type: 'RETAINERS', key: keyOf(capture), node, first });
  }

  objects(capture: HeapCapture, classKey: string, first: number): Promise<readonly HeapObject[]> {
    return this.#ask({ type: 'OBJECTS', key: keyOf(capture), classKey, first });
  }

  path(capture: HeapCapture, node: number): Promise<readonly HeapObject[]> {
    return this.#ask({ type: 'PATH', key: keyOf(capture), node });
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
  ): Promise<AnalysisResults[Job['type']]> {
    const running = this.#running.get(name) as Promise<AnalysisResults[Job['type']]> | undefined;
    if (running !== undefined) return running;
    const answer = this.#readOrAsk(name, job).finally(() => this.#running.delete(name));
    this.#running.set(name, answer);
    return answer;
  }

  async #readOrAsk<Job extends AnalysisJob>(name: string, job: Job): Promise<AnalysisResults[Job['type']]> {
    const path = join(this.#folder, `${name}.v${resultVersion}.json`);
    try {
      return JSON.parse(await readFile(path, 'utf8'));
    } catch {
      // Not kept yet, or damaged: made anew.
    }
    const result = await this.#ask(job);
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

  #ask<Job extends AnalysisJob>(job: Job): Promise<AnalysisResults[Job['type']]> {
    if (this.#closed) return Promise.reject(new MemoirError('SHUTTING_DOWN', 'the server is stopping'));
    if (this.#waiting.size >= queueLimit) {
      return Promise.reject(new MemoirError('QUEUE_FULL', 'too many questions about heaps are waiting'));
    }
    const id = this.#next++;
    const answer = new Promise<AnalysisResults[Job['type']]>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
    });
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    this.#worker.postMessage({ id, job });
    return answer;
  }

  #start(): Worker {
    const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: this.#store });
    worker.on('message', (report: AnalysisReport) => {
      const waiting = this.#waiting.get(report.id);
      this.#waiting.delete(report.id);
      if ('error' in report) waiting?.reject(fromErrorShape(report.error));
      else waiting?.resolve(report.result as never);
      if (this.#waiting.size > 0) return;
      this.#idle = setTimeout(() => void this.#end(new MemoirError('INTERNAL', 'idle')), idleMs).unref();
    });
    // Out of memory, as a rule: the next question starts another thread.
    worker.on('error', (cause) => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      this.#reject(new MemoirError('LIMIT_EXCEEDED', 'the snapshot is too large to be analysed here', { cause }));
    });
    worker.unref();
    return worker;
  }

  async #end(reason: MemoirError): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    this.#reject(reason);
    await worker?.terminate();
  }

  #reject(reason: Error): void {
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}

const keyOf = ({ folder, file }: HeapCapture): { readonly folder: string; readonly file: string } => ({ folder, file });

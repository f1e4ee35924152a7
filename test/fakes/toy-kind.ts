import type { Json } from '../../src/domain/json.ts';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import type { Operation } from '../../src/operations/operation.ts';
import type { OperationKind, Recovery, RunContext, RunOutcome } from '../../src/operations/operation-kind.ts';
import { type OperationType, operationType, type Parser } from '../../src/operations/operation-type.ts';

/** One run of the toy, held open until the test says how it ends. */
export interface ToyRun {
  readonly context: RunContext;
  finish(outcome?: Partial<RunOutcome>): void;
  fail(error: unknown): void;
}

/** Takes any request. */
const toyType = (name = 'TOY', request: Parser<Json> = { parse: (kept) => kept as Json }) =>
  operationType<Json, Json>({
    name,
    underWay: 'the toy is being played with',
    request,
    result: { parse: (kept) => kept as Json },
  });

interface ToyOptions {
  readonly kind?: string;
  readonly request?: Parser<Json>;
  /** What a result has where the test does not say otherwise. */
  readonly result?: { readonly [key: string]: Json };
  readonly parallel?: number;
  readonly stallTimeoutMs?: number;
  readonly timeoutMs?: number;
}

/** A kind of operation for tests: does nothing until told, and ends with its signal's reason when that is aborted. */
export class ToyKind implements OperationKind {
  readonly type: OperationType;
  readonly parallel: number;
  readonly stallTimeoutMs: number;
  readonly timeoutMs: number;
  readonly #result: ToyOptions['result'];
  readonly runs: ToyRun[] = [];
  readonly recovered: string[] = [];
  recovery: Recovery | Error = { action: 'FAIL' };
  #waiting: ((run: ToyRun) => void)[] = [];
  #taken = 0;

  constructor(options: ToyOptions = {}) {
    this.type = toyType(options.kind, options.request);
    this.#result = options.result;
    this.parallel = options.parallel ?? 1;
    this.stallTimeoutMs = options.stallTimeoutMs ?? 0;
    this.timeoutMs = options.timeoutMs ?? 0;
  }

  run(context: RunContext): Promise<RunOutcome> {
    return new Promise((resolve, reject) => {
      const run: ToyRun = {
        context,
        finish: ({ result, ...outcome } = {}) =>
          resolve({ message: 'Made', ...outcome, result: this.#complete(result ?? { made: context.operation.id }) }),
        fail: reject,
      };
      context.signal.addEventListener('abort', () => reject(new MemoirError('CAPTURE_FAILED', 'torn down')));
      this.runs.push(run);
      this.#waiting.shift()?.(run);
    });
  }

  #complete(result: Json): Json {
    if (this.#result === undefined || typeof result !== 'object' || result === null) return result;
    return { ...this.#result, ...result };
  }

  async recover(operation: Operation): Promise<Recovery> {
    this.recovered.push(operation.id);
    if (this.recovery instanceof Error) throw this.recovery;
    return this.recovery;
  }

  /** The next run that begins, or has begun and was not taken. */
  async next(): Promise<ToyRun> {
    const run = this.runs[this.#taken++];
    return run ?? new Promise((resolve) => this.#waiting.push(resolve));
  }
}

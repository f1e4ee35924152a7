import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import { type CaptureOwner, CaptureThreads, startCaptureThread } from '../../src/dumps/pipeline/capture-threads.ts';
import type { CaptureCommand, CaptureJob } from '../../src/dumps/pipeline/messages.ts';

/** A thread that does nothing by itself, and notes what it is told. */
class IdleWorker extends EventEmitter {
  readonly told: CaptureCommand[] = [];
  isHeld = true;
  ended = 0;
  ref() {
    this.isHeld = true;
  }
  unref() {
    this.isHeld = false;
  }
  postMessage(command: CaptureCommand) {
    this.told.push(command);
  }
  async terminate() {
    this.ended += 1;
    this.emit('exit', 1);
  }
}

const job = { key: { folder: 'machine', file: 'image' } } as CaptureJob;
const owner = () =>
  ({ progress: vi.fn(), moved: vi.fn(), discard: vi.fn(async () => undefined) }) satisfies CaptureOwner;
const cancelled = new MemoirError('CANCELLED', 'not wanted any more');

function threads() {
  const made: IdleWorker[] = [];
  const pool = new CaptureThreads(() => {
    const worker = new IdleWorker();
    made.push(worker);
    return worker as unknown as Worker;
  });
  return { made, pool };
}

describe('capture threads', () => {
  it('are made when a capture starts, unless one is to be kept', () => {
    const { made, pool } = threads();
    pool.start(job, owner());
    made[0]?.emit('exit', 0);
    expect(made).toHaveLength(1);
  });

  it('keep one that waits, which keeps no process alive until a capture starts', () => {
    const { made, pool } = threads();
    pool.keepOne();
    pool.keepOne();
    expect(made.map(({ isHeld }) => isHeld)).toEqual([false]);
    pool.start(job, owner());
    expect(made.map(({ isHeld }) => isHeld)).toEqual([true]);
  });

  it('keep none that waits while captures run, and one again after the last', () => {
    const { made, pool } = threads();
    pool.keepOne();
    pool.start(job, owner());
    pool.start(job, owner());
    expect(made).toHaveLength(2);
    made[0]?.emit('exit', 0);
    expect(made).toHaveLength(2);
    made[1]?.emit('exit', 0);
    expect(made).toHaveLength(3);
    expect(made[2]?.isHeld).toBe(false);
  });

  it.each(['exit', 'error'])('forget one that ends while it waits, by %s', (event) => {
    const { made, pool } = threads();
    pool.keepOne();
    made[0]?.emit(event, new Error('no memory'));
    pool.start(job, owner());
    expect(made.map(({ told }) => told.length)).toEqual([0, 0]);
    expect(made).toHaveLength(2);
  });

  it('end the one that waits when they close, and keep none after it', async () => {
    const { made, pool } = threads();
    pool.keepOne();
    await pool.close();
    expect(made.map(({ ended }) => ended)).toEqual([1]);
    pool.start(job, owner());
    made[1]?.emit('exit', 0);
    expect(made).toHaveLength(2);
  });
});

describe('a capture thread', () => {
  afterEach(() => void vi.useRealTimers());

  function start(own: CaptureOwner = owner()) {
    const worker = new IdleWorker();
    return { worker, thread: startCaptureThread(job, own, worker as unknown as Worker, 1000) };
  }

  it('is told to open, to finish and to stop', async () => {
    const { worker, thread } = start();
    const opened = thread.reader.open();
    worker.emit('message', { type: 'READY' });
    await opened;
    worker.emit('message', { type: 'DRAINED' });
    await thread.reader.drained;
    const facts = { id: 'one' } as Parameters<typeof thread.finish>[0];
    const finished = thread.finish(facts, 5);
    worker.emit('message', { type: 'COMMITTED', manifest: { id: 'one' } });
    expect(await finished).toEqual({ id: 'one' });
    thread.reader.abandon();
    expect(worker.told).toMatchObject([
      { type: 'OPEN', job },
      { type: 'FINISH', facts, elapsedMs: 5 },
      { type: 'ABORT', error: { code: 'CAPTURE_FAILED' } },
    ]);
  });

  it('passes on how far it is, and what moved', () => {
    const own = owner();
    const { worker, thread } = start(own);
    const progress = { doneBytes: 1 };
    worker.emit('message', { type: 'PROGRESS', progress });
    thread.reader.moved?.();
    expect([own.progress.mock.calls, own.moved.mock.calls]).toEqual([[[progress]], [[]]]);
  });

  it.each([
    [
      'says so',
      (worker: IdleWorker) =>
        worker.emit('message', { type: 'FAILED', error: { ...cancelled, code: 'GUEST_GONE', message: 'gone' } }),
      'GUEST_GONE',
    ],
    ['throws', (worker: IdleWorker) => worker.emit('error', new TypeError('no')), 'INTERNAL'],
    [
      'has no descriptor left',
      (worker: IdleWorker) => worker.emit('error', Object.assign(new Error('no'), { code: 'EMFILE' })),
      'CAPTURE_FAILED',
    ],
    ['ends without a word', (worker: IdleWorker) => worker.emit('exit', 1), 'INTERNAL'],
  ] as const)('that %s fails whatever waits for it', async (_, fail, code) => {
    const { worker, thread } = start();
    const waiting = [thread.reader.open(), thread.reader.drained, thread.finish({} as never, 0)];
    fail(worker);
    // What is said afterwards changes nothing.
    worker.emit('exit', 1);
    for (const each of waiting) await expect(each).rejects.toMatchObject({ code });
  });

  it('that stops in time is not ended by force', async () => {
    vi.useFakeTimers();
    const own = owner();
    const { worker, thread } = start(own);
    const stopped = thread.stop(cancelled);
    expect(worker.told).toMatchObject([{ type: 'ABORT', error: { code: 'CANCELLED' } }]);
    worker.emit('exit', 0);
    await stopped;
    await vi.advanceTimersByTimeAsync(60_000);
    expect([worker.ended, own.discard.mock.calls.length]).toEqual([0, 0]);
  });

  it('that does not stop is ended by force, and what it left is removed at once and when it is over', async () => {
    vi.useFakeTimers();
    const own = owner();
    own.discard.mockRejectedValueOnce(new Error('the disk does not answer'));
    const { worker, thread } = start(own);
    vi.spyOn(worker, 'terminate').mockResolvedValue();
    const stopped = thread.stop(cancelled);
    await vi.advanceTimersByTimeAsync(999);
    expect(own.discard).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(worker.terminate).toHaveBeenCalledOnce();
    expect(own.discard).toHaveBeenCalledOnce();
    worker.emit('exit', 1);
    await stopped;
    expect(own.discard).toHaveBeenCalledTimes(2);
  });
});

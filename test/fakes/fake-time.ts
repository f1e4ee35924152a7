import { onTestFinished, vi } from 'vitest';

/**
 * For one test: timers, `performance.now` and `AbortSignal.timeout` go by a clock that stands still until the test lets it pass.
 * Sockets, files and promises go on as ever, so what is tested must not wait for a peer that answers in real time.
 */
export function fakeTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'], fakeNodeBuiltins: true });
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    const control = new AbortController();
    setTimeout(() => control.abort(new DOMException('The operation timed out', 'TimeoutError')), ms);
    return control.signal;
  });
  onTestFinished(() => {
    timeout.mockRestore();
    vi.useRealTimers();
  });
}

/** Lets the fake time pass, from one timer to the next, until `work` is settled; as long as only timers hold it up. */
export async function passing<T>(work: Promise<T>): Promise<T> {
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  work.then(settle, settle);
  for (;;) {
    // What is ready comes first: promises, and files that were asked for.
    await new Promise((turn) => setImmediate(turn));
    if (settled) return work;
    if (!vi.isFakeTimers()) throw new Error('the test is over, and what it waited for is not');
    if (vi.getTimerCount() > 0) await vi.advanceTimersToNextTimerAsync();
  }
}

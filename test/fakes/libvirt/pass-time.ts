import { onTestFinished, vi } from 'vitest';

const real = performance.now.bind(performance);

/** For the rest of the test, time as the product measures it is so much later than it is; timers go on as before. */
export function passTime(ms: number): void {
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => real() + ms);
  onTestFinished(() => spy.mockRestore());
}

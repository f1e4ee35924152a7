import { onTestFinished, vi } from 'vitest';

const real = performance.now.bind(performance);

/** For the rest of the test, time as the product measures it is so much later than it is; timers go on as before. */
export function passTime(ms: number): void {
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => real() + ms);
  onTestFinished(() => spy.mockRestore());
}

/**
 * For the rest of the test, the pauses of a back-off (of a second to eight, and never whole seconds, because they are spread)
 * are over at once; how long they would have been.
 */
export function hurriedBackOffs(): number[] {
  const set = globalThis.setTimeout;
  const pauses: number[] = [];
  const spy = vi.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, ms = 0) => {
    const isBackOff = ms >= 1_000 && ms <= 8_000 && ms % 1_000 !== 0;
    if (isBackOff) pauses.push(ms);
    return set(run, isBackOff ? 10 : ms);
  }) as typeof setTimeout);
  // One in a thousand would be a whole second.
  const random = vi.spyOn(Math, 'random').mockReturnValue(0.4321);
  onTestFinished(() => {
    spy.mockRestore();
    random.mockRestore();
  });
  return pauses;
}

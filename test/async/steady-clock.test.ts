import { expect, it } from 'vitest';
import { createSteadyClock } from '../../src/async/steady-clock.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

function clocks() {
  let [nowMs, elapsedMs] = [1000 * dayMs, 5];
  const steady = createSteadyClock({ now: () => nowMs, elapsedMs: () => elapsedMs });
  return {
    steady: () => steady() - 1000 * dayMs,
    pass(ms: number) {
      nowMs += ms;
      elapsedMs += ms;
    },
    set: (ms: number) => {
      nowMs += ms;
    },
  };
}

it('goes with the wall clock, also where that is corrected by a little all the time', () => {
  const { steady, pass, set } = clocks();
  expect(steady()).toBe(0);
  for (let hours = 1; hours <= 48; hours += 1) {
    pass(hourMs);
    set(30_000);
    expect(steady()).toBe(hours * (hourMs + 30_000));
  }
});

it.each([3 * dayMs, -3 * dayMs])('a jump by %i ms that is mended within an hour never was', (jump) => {
  const { steady, pass, set } = clocks();
  steady();
  set(jump);
  for (const minutes of [0, 10, 59]) {
    pass(minutes * 60_000 - steady());
    expect(steady()).toBe(minutes * 60_000);
  }
  set(-jump);
  pass(60_000);
  expect(steady()).toBe(hourMs);
  // And the next one has an hour of its own.
  set(jump);
  pass(1000);
  expect(steady()).toBe(hourMs + 1000);
});

it('a time that stays for an hour is the time', () => {
  const { steady, pass, set } = clocks();
  steady();
  set(3 * dayMs);
  steady();
  pass(hourMs);
  expect(steady()).toBe(3 * dayMs + hourMs);
});

import { expect, it } from 'vitest';
import { ClockGuard } from '../../src/retention/clock-guard.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

function guardAt(lastSeenMs: number | null) {
  const clock = { wallMs: 1_000 * dayMs, elapsedMs: 5 };
  const guard = new ClockGuard({ now: () => clock.wallMs, elapsedMs: () => clock.elapsedMs, lastSeenMs });
  const pass = (ms: number) => {
    clock.wallMs += ms;
    clock.elapsedMs += ms;
  };
  return { clock, guard, pass };
}

it('trusts a clock that goes on', () => {
  const { guard, pass } = guardAt(1_000 * dayMs - hourMs);
  expect(guard.warning(null)).toBeNull();
  pass(40 * dayMs);
  expect(guard.warning(1_000 * dayMs)).toBeNull();
});

it.each([2 * dayMs, -2 * dayMs])('stops when the clock leaps by %d ms, until it is back', (leapMs) => {
  const { clock, guard, pass } = guardAt(null);
  clock.wallMs += leapMs;
  expect(guard.warning(null)).toMatch(/set by more than a day/);
  pass(2 * hourMs);
  expect(guard.warning(null)).toMatch(/set by more than a day/);
  clock.wallMs -= leapMs;
  expect(guard.warning(null)).toBeNull();
});

it('believes a clock that has stayed as it is for a day', () => {
  const { clock, guard, pass } = guardAt(null);
  clock.wallMs += 9 * dayMs;
  expect(guard.warning(null)).not.toBeNull();
  pass(dayMs);
  expect(guard.warning(null)).toBeNull();
});

it('stops while there is an artifact from the future', () => {
  const { clock, guard, pass } = guardAt(null);
  const newestMs = clock.wallMs + 3 * dayMs;
  expect(guard.warning(newestMs)).toMatch(/in the future/);
  pass(2 * dayMs + 1);
  expect(guard.warning(newestMs)).toBeNull();
});

it.each([-3 * dayMs, 3 * dayMs])('waits for an hour after a start that is %d ms from the last look', (apartMs) => {
  const { guard, pass } = guardAt(1_000 * dayMs + apartMs);
  expect(guard.warning(null)).toMatch(/for an hour/);
  pass(hourMs);
  expect(guard.warning(null)).toBeNull();
});

import { describe, expect, it } from 'vitest';
import { DueTimes } from '../../src/schedules/due-times.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** Zones that change their clocks in every way there is, and some that never do; around which days of 2026 (2024 for Kathmandu’s leap day). */
const zones = [
  ['Europe/Berlin', ['2026-03-29', '2026-10-25']],
  ['Europe/London', ['2026-03-29', '2026-10-25']],
  ['Europe/Dublin', ['2026-03-29', '2026-10-25']],
  ['Atlantic/Azores', ['2026-03-29', '2026-10-25']],
  ['America/New_York', ['2026-03-08', '2026-11-01']],
  ['America/Los_Angeles', ['2026-03-08', '2026-11-01']],
  ['America/St_Johns', ['2026-03-08', '2026-11-01']],
  ['America/Havana', ['2026-03-08', '2026-11-01']],
  ['America/Santiago', ['2026-04-05', '2026-09-06']],
  ['America/Asuncion', ['2024-03-24', '2024-10-06']],
  ['America/Nuuk', ['2026-03-28', '2026-10-24']],
  ['Pacific/Auckland', ['2026-04-05', '2026-09-27']],
  ['Pacific/Chatham', ['2026-04-05', '2026-09-27']],
  ['Australia/Lord_Howe', ['2026-04-05', '2026-10-04']],
  ['Australia/Adelaide', ['2026-04-05', '2026-10-04']],
  ['Africa/Casablanca', ['2026-02-15', '2026-03-22']],
  ['Africa/Cairo', ['2026-04-24', '2026-10-30']],
  ['Asia/Beirut', ['2026-03-29', '2026-10-25']],
  ['Asia/Kathmandu', ['2024-02-29', '2026-03-29']],
  ['Asia/Kolkata', ['2024-02-29', '2026-03-29']],
  ['UTC', ['2024-02-29', '2026-10-25']],
] as const;

interface Wall {
  readonly day: string;
  /** Minutes since midnight, as the clock on the wall shows them. */
  readonly minute: number;
}

function wallClock(timeZone: string): (atMs: number) => Wall {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  return (atMs) => {
    const [, day, hour, minute] = /^(\S+), (\d+):(\d+)$/.exec(format.format(atMs)) as unknown as string[];
    return { day: day as string, minute: Number(hour) * 60 + Number(minute) };
  };
}

/** Every minute of some days, with what clocks show then. */
function minutesAround(day: string, timeZone: string) {
  const wall = wallClock(timeZone);
  const from = Date.parse(`${day}T00:00Z`) - 2 * dayMs;
  return Array.from({ length: 4 * 1440 }, (_, index) => ({
    atMs: from + index * minuteMs,
    ...wall(from + index * minuteMs),
  }));
}

/**
 * What a person expects of a fixed time: once on every day, at its first occurrence, or right after the gap that swallowed it. Where
 * the gap swallows the end of a day (Greenland), that day has no such time.
 */
function fixedTimes(minutes: ReturnType<typeof minutesAround>, minute: number): number[] {
  const days = [...Map.groupBy(minutes, ({ day }) => day).values()].slice(1, -1);
  return days.flatMap((of) => {
    const found = of.find((one) => one.minute === minute) ?? of.find((one) => one.minute > minute);
    return found === undefined ? [] : [found.atMs];
  });
}

describe.each(zones)('in %s', (timeZone, days) => {
  it('a fixed time comes once a day across every change of the clocks', () => {
    const dueTimes = new DueTimes();
    for (const day of days) {
      const minutes = minutesAround(day, timeZone);
      for (const minute of [0, 30, 60, 105, 120, 150, 180, 23 * 60 + 30]) {
        const cron = `${minute % 60} ${Math.floor(minute / 60)} * * *`;
        const expected = fixedTimes(minutes, minute);
        const found = dueTimes.upcoming(
          { kind: 'CRON', cron, timeZone },
          (expected[0] as number) - 1_000,
          expected.length,
        );
        expect(found, `${cron} around ${day}`).toEqual(expected);
      }
    }
  });

  it('what repeats goes on by elapsed time, in both hours of an overlap', () => {
    const dueTimes = new DueTimes();
    for (const day of days) {
      const minutes = minutesAround(day, timeZone);
      const expected = minutes.filter(({ minute }) => minute % 30 === 0).map(({ atMs }) => atMs);
      const from = (expected[0] as number) - 1_000;
      const found = dueTimes.upcoming({ kind: 'CRON', cron: '*/30 * * * *', timeZone }, from, expected.length);
      expect(found).toEqual(expected);
    }
  });

  it('the same times are counted from either side', () => {
    const dueTimes = new DueTimes();
    const from = Date.parse('2026-01-01T00:00Z');
    for (const cron of ['30 2 * * *', '*/40 1-3 * * *', '0 0 1 * *']) {
      const timing = { kind: 'CRON', cron, timeZone } as const;
      const forward = dueTimes.upcoming(timing, from, 30);
      const until = forward.at(-1) as number;
      expect(dueTimes.between(timing, from, until, 200)).toEqual({ times: forward, more: false });
      const { times, more } = dueTimes.between(timing, from, until, 7);
      expect(more).toBe(true);
      expect(times).toEqual(forward.slice(-times.length));
      expect(times.length).toBeGreaterThanOrEqual(7);
    }
  });
});

const utc = (cron: string, from: string, count: number) =>
  new DueTimes()
    .upcoming({ kind: 'CRON', cron, timeZone: 'UTC' }, Date.parse(from), count)
    .map((at) => new Date(at).toISOString().replace(/:00\.000Z$/, ''));

describe('an expression', () => {
  it('meets the leap day in leap years only', () => {
    expect(utc('0 3 29 2 *', '2026-01-01', 3)).toEqual(['2028-02-29T03:00', '2032-02-29T03:00', '2036-02-29T03:00']);
    expect(utc('0 0 28-29 2 *', '2026-01-01', 4)).toEqual([
      '2026-02-28T00:00',
      '2027-02-28T00:00',
      '2028-02-28T00:00',
      '2028-02-29T00:00',
    ]);
  });

  it.each([
    ['0 4 L * *', ['2026-01-31T04:00', '2026-02-28T04:00', '2026-03-31T04:00']],
    ['0 4 * * 1#2', ['2026-01-12T04:00', '2026-02-09T04:00', '2026-03-09T04:00']],
    ['0 4 * * FRI#L', ['2026-01-30T04:00', '2026-02-27T04:00', '2026-03-27T04:00']],
    ['0 4 1W * *', ['2026-01-01T04:00', '2026-02-02T04:00', '2026-03-02T04:00']],
    ['20 4 * * MON-FRI', ['2026-01-01T04:20', '2026-01-02T04:20', '2026-01-05T04:20']],
    ['*/20 0 4 * * *', ['2026-01-01T04:00', '2026-01-01T04:00:20.000Z', '2026-01-01T04:00:40.000Z']],
    ['@weekly', ['2026-01-04T00:00', '2026-01-11T00:00', '2026-01-18T00:00']],
  ])('knows %s', (cron, expected) => {
    expect(utc(cron, '2026-01-01T00:00Z', 3)).toEqual(expected);
  });

  it.each(['', 'hello', '* * * *', '61 * * * *', '2026-01-01T00:00:00', '0 0 30 2 *', '* * * * * * * *'])(
    'is refused with a reason: %j',
    (cron) => {
      const check = () => new DueTimes().check({ kind: 'CRON', cron, timeZone: 'UTC' }, 0);
      expect(check).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
    },
  );

  it('is refused in a time zone that does not exist', () => {
    const check = () => new DueTimes().check({ kind: 'CRON', cron: '@daily', timeZone: 'Mars/Olympus' }, 0);
    expect(check).toThrow('there is no time zone "Mars/Olympus"');
  });
});

it('every so often counts from its anchor, whatever the clocks of people do', () => {
  const timing = { kind: 'EVERY', everyMs: 90 * minuteMs, anchorMs: 1_000 } as const;
  const dueTimes = new DueTimes();
  expect(dueTimes.upcoming(timing, 1_000, 2)).toEqual([1_000 + 90 * minuteMs, 1_000 + 180 * minuteMs]);
  expect(dueTimes.upcoming(timing, -5 * dayMs, 1)[0]).toBeGreaterThan(-5 * dayMs);
  expect(dueTimes.between(timing, 1_000, 1_000 + 270 * minuteMs, 10).times).toHaveLength(3);
});

it('what is due every second for a month costs no more than what is asked for', () => {
  const timing = { kind: 'CRON', cron: '* * * * * *', timeZone: 'Europe/Berlin' } as const;
  const until = Date.parse('2026-04-01T00:00Z');
  const { times, more } = new DueTimes().between(timing, until - 30 * dayMs, until, 100);
  expect(more).toBe(true);
  expect(times.at(-1)).toBe(until);
  expect(times.length).toBeGreaterThanOrEqual(100);
  expect(times.length).toBeLessThanOrEqual(200);
});

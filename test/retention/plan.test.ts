import { describe, expect, it } from 'vitest';
import type { RetainedItem } from '../../src/retention/item.ts';
import { planPressure, planRetention } from '../../src/retention/plan.ts';
import type { PolicySpec, RetentionPolicy } from '../../src/retention/policy.ts';
import { randomSource } from '../fakes/random-source.ts';
import { thorough } from '../thorough.ts';
import { goingByModel } from './model.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const start = Date.parse('2026-01-01T00:30Z');

const nothing: PolicySpec = {
  name: 'p',
  scope: { kind: 'ALL' },
  artifacts: ['DUMP', 'HEAP'],
  keepLast: null,
  keepHourly: null,
  keepDaily: null,
  keepWeekly: null,
  keepMonthly: null,
  keepWithinMs: null,
  timeZone: 'UTC',
  maxBytesPerMachine: null,
  maxBytes: null,
  freeOnPressure: false,
};
const policy = (spec: Partial<PolicySpec>, id = 'p'): RetentionPolicy => ({
  id,
  spec: { ...nothing, name: id, ...spec },
  updatedAtMs: 0,
});

const item = (id: string, createdMs: number, rest: Partial<RetainedItem> = {}): RetainedItem => ({
  kind: 'DUMP',
  id,
  machineId: 'm',
  machineName: 'db',
  scheduleId: null,
  createdMs,
  sizeBytes: 10,
  intact: true,
  held: false,
  open: false,
  verifying: false,
  ...rest,
});

/** One every six hours, named by their number. */
const history = (count: number) =>
  Array.from({ length: count }, (_, index) => item(`${index}`, start + index * 6 * hourMs));
const going = (items: readonly RetainedItem[], ...policies: RetentionPolicy[]) =>
  planRetention(items, policies).flatMap((verdict) => (verdict.goes ? [verdict.item.id] : []));
const staying = (items: readonly RetainedItem[], ...policies: RetentionPolicy[]) =>
  planRetention(items, policies).flatMap((verdict) => (verdict.goes ? [] : [verdict.item.id]));

describe('a policy', () => {
  it.each([
    ['the last ones', { keepLast: 3 }, ['9', '10', '11']],
    ['the newest of each hour', { keepHourly: 2 }, ['10', '11']],
    ['the newest of each day', { keepDaily: 2 }, ['7', '11']],
    ['the newest of each week', { keepWeekly: 5 }, ['11']],
    ['the newest of each month', { keepMonthly: 5 }, ['11']],
    ['what is not older than a day before the newest', { keepWithinMs: dayMs }, ['7', '8', '9', '10', '11']],
    ['what any of its rules keeps', { keepLast: 1, keepDaily: 3 }, ['3', '7', '11']],
    ['everything without a rule', {}, history(12).map(({ id }) => id)],
    ['no more bytes than it allows, whatever its rules', { keepLast: 9, maxBytesPerMachine: 30 }, ['9', '10', '11']],
    ['no more bytes in all', { maxBytes: 25 }, ['10', '11']],
  ])('keeps %s', (_, spec, kept) => {
    expect(staying(history(12), policy(spec))).toEqual(kept);
  });

  it('counts days as clocks of its time zone do', () => {
    const items = [item('before', Date.parse('2026-05-04T21:30Z')), item('after', Date.parse('2026-05-04T22:30Z'))];
    expect(staying(items, policy({ keepDaily: 2 }))).toEqual(['after']);
    expect(staying(items, policy({ keepDaily: 2, timeZone: 'Europe/Berlin' }))).toEqual(['before', 'after']);
  });

  it('counts each machine for itself, but all bytes together', () => {
    const items = [
      item('a1', start),
      item('a2', start + 1),
      item('b1', start + 2, { machineId: 'b' }),
      item('b2', start + 3, { machineId: 'b' }),
    ];
    expect(going(items, policy({ keepLast: 1 }))).toEqual(['a1', 'b1']);
    expect(going(items, policy({ maxBytes: 30 }))).toEqual(['a1']);
  });

  it('of a schedule stands above one of a machine, and that above one for all', () => {
    const items = [0, 1, 2].flatMap((index) => [
      item(`s${index}`, start + index, { scheduleId: 'nightly', machineId: 'a' }),
      item(`m${index}`, start + index, { machineId: 'b', machineName: 'web' }),
      item(`o${index}`, start + index, { machineId: 'c' }),
    ]);
    const kept = staying(
      items,
      policy({ keepLast: 3 }, 'all'),
      policy({ keepLast: 2, scope: { kind: 'MACHINES', names: ['web'] } }, 'machine'),
      policy({ keepLast: 1, scope: { kind: 'SCHEDULE', scheduleId: 'nightly' } }, 'schedule'),
    );
    expect(kept.sort()).toEqual(['m1', 'm2', 'o0', 'o1', 'o2', 's2']);
  });

  it('never lets a damaged one take the place of an intact one', () => {
    const items = history(6).map((one) => ({ ...one, intact: !['1', '4', '5'].includes(one.id) }));
    expect(staying(items, policy({ keepLast: 2 }))).toEqual(['2', '3', '4', '5']);
  });

  it('removes nothing that is protected: the last good one, held, open, being verified', () => {
    const items = [
      item('held', start, { held: true }),
      item('open', start + 1, { open: true }),
      item('verifying', start + 2, { verifying: true }),
      item('free', start + 3),
      item('good', start + 4),
      item('damaged', start + 5, { intact: false }),
    ];
    expect(going(items, policy({ keepWithinMs: 1, maxBytes: 1 }))).toEqual(['free', 'damaged']);
  });

  it('leaves alone what no policy is about', () => {
    const only = policy({ keepLast: 1, scope: { kind: 'MACHINES', names: ['other'] } });
    expect(going(history(5), only)).toEqual([]);
    expect(going(history(5), policy({ keepLast: 1, artifacts: ['HEAP'] }))).toEqual([]);
  });
});

describe('want of space', () => {
  it('lets the oldest go, as many as are needed, where the policy says so', () => {
    const ids = (needed: number, spec: Partial<PolicySpec>) =>
      planPressure(history(5), [policy(spec)], needed).map(({ item: { id } }) => id);
    expect(ids(15, { freeOnPressure: true })).toEqual(['0', '1']);
    expect(ids(15, {})).toEqual([]);
    expect(ids(40, { freeOnPressure: true })).toEqual(['0', '1', '2', '3']);
    // All of them would not suffice: nothing goes in vain.
    expect(ids(41, { freeOnPressure: true })).toEqual([]);
  });
});

/** 10,000 in CI, a tenth of them otherwise. */
const rounds = thorough ? 10_000 : 1_000;

it('agrees with a plain model on thousands of random histories', () => {
  const random = randomSource(20_261_121);
  let removed = 0;
  for (let round = 0; round < rounds; round++) {
    const items = Array.from({ length: random.below(14) }, (_, index) => {
      const machine = random.below(3);
      return item(`${index}`, start + random.below(90) * 8 * hourMs, {
        kind: random.below(5) === 0 ? 'HEAP' : 'DUMP',
        machineId: `m${machine}`,
        machineName: `name-${machine}`,
        scheduleId: random.below(4) === 0 ? 'nightly' : null,
        sizeBytes: 1 + random.below(50),
        intact: random.below(6) > 0,
        held: random.below(10) === 0,
        open: random.below(15) === 0,
        verifying: random.below(15) === 0,
      });
    });
    const maybe = (limit: number) => (random.below(3) === 0 ? 1 + random.below(limit) : null);
    const scopes = [
      { kind: 'ALL' },
      { kind: 'MACHINES', names: ['m1', 'name-2'] },
      { kind: 'SCHEDULE', scheduleId: 'nightly' },
    ] as const;
    const policies = Array.from({ length: random.below(4) }, (_, index) =>
      policy(
        {
          scope: scopes[random.below(3)] as PolicySpec['scope'],
          artifacts: random.below(2) === 0 ? ['DUMP'] : ['DUMP', 'HEAP'],
          keepLast: maybe(4),
          keepHourly: maybe(4),
          keepDaily: maybe(4),
          keepWeekly: maybe(4),
          keepMonthly: maybe(3),
          keepWithinMs: random.below(4) === 0 ? random.below(20) * dayMs + 1 : null,
          maxBytesPerMachine: maybe(150),
          maxBytes: maybe(300),
        },
        `p${index}`,
      ),
    );
    const found = going(items, ...policies).sort();
    expect(found, `round ${round}`).toEqual(goingByModel(items, policies));
    removed += found.length;
  }
  expect(removed).toBeGreaterThan(rounds / 2);
}, 120_000);

import { describe, expect, it } from 'vitest';
import type { Condition } from '../../src/notifications/alerts/alert.ts';
import { daysUntilFull, diskFilling } from '../../src/notifications/alerts/disk-filling.ts';
import { influxBehind } from '../../src/notifications/alerts/influx-behind.ts';
import { noGoodDump } from '../../src/notifications/alerts/no-good-dump.ts';
import { notificationWorld } from '../fakes/notification-world.ts';
import { webhookReceiver } from '../fakes/webhook-receiver.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const gib = 2 ** 30;
const never = new AbortController().signal;
const patient = { timeout: 15_000, interval: 10 };

describe('an alert', () => {
  it('is raised once, announced, cleared when its condition is gone, and raised anew', async () => {
    let wrong: Condition[] = [
      { kind: 'NO_GOOD_DUMP', subject: 'id-1', machine: 'web-01', message: 'web-01 has no good dump.' },
    ];
    const source = { kind: 'NO_GOOD_DUMP', look: () => Promise.resolve(wrong) } as const;
    const world = await notificationWorld({ alertSources: [source], alertTimes: { firstMs: 300, everyMs: 20 } });
    const { notifications } = await world.open();
    const receiver = await webhookReceiver();
    await notifications.createHook({ name: 'ops', target: { type: 'WEBHOOK', url: receiver.url } }, 'tester');
    const active = () => notifications.alerts({ activeOnly: true, limit: 10 });
    await receiver.count(1);
    expect(receiver.received[0]?.event).toMatchObject({
      type: 'io.memoir.alert.no-good-dump',
      data: { message: 'web-01 has no good dump.', severity: 'WARNING', machine: 'web-01' },
    });
    expect(await active()).toMatchObject([{ kind: 'NO_GOOD_DUMP', machine: 'web-01', clearedAtMs: null }]);
    wrong = [];
    await expect.poll(active, patient).toEqual([]);
    expect(receiver.received).toHaveLength(1);
    expect(await notifications.alerts({ activeOnly: false, limit: 10 })).toHaveLength(1);
    wrong = [{ kind: 'NO_GOOD_DUMP', subject: 'id-1', machine: 'web-01', message: 'Again.' }];
    await receiver.count(2);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(2);
  });

  it('stays as it is while nobody can look', async () => {
    let isBlind = false;
    const looks: number[] = [];
    const look = (): Promise<Condition[]> => {
      looks.push(1);
      if (isBlind) return Promise.reject(new Error('blind'));
      return Promise.resolve([{ kind: 'INFLUX_BEHIND', subject: 'influx', machine: null, message: 'Behind.' }]);
    };
    const source = { kind: 'INFLUX_BEHIND', look } as const;
    const world = await notificationWorld({ alertSources: [source], alertTimes: { firstMs: 0, everyMs: 10 } });
    const { notifications } = await world.open();
    const active = () => notifications.alerts({ activeOnly: true, limit: 10 });
    await expect.poll(async () => (await active()).length, patient).toBe(1);
    isBlind = true;
    const before = looks.length;
    await expect.poll(() => looks.length, patient).toBeGreaterThan(before + 3);
    expect(await active()).toHaveLength(1);
  });
});

describe('a disk', () => {
  const shrinking = (gibPerDay: number, hours: number) =>
    Array.from({ length: hours + 1 }, (_, hour) => ({
      atMs: hour * hourMs,
      freeBytes: 1000 * gib - (hour / 24) * gibPerDay * gib,
    }));

  it('is full when its trend says so', () => {
    expect(daysUntilFull(shrinking(100, 48))).toBeCloseTo(8);
    expect(daysUntilFull(shrinking(0, 48))).toBeNull();
    expect(daysUntilFull(shrinking(-10, 48))).toBeNull();
  });

  it('has no trend within a day: a single large dump is none', () => {
    expect(daysUntilFull(shrinking(100, 20))).toBeNull();
    expect(daysUntilFull([])).toBeNull();
  });

  it('is told of in days', async () => {
    const samples = shrinking(100, 48);
    const of = (days: number) =>
      diskFilling({
        folder: '/dumps',
        days,
        sample: () => Promise.resolve(samples),
        freeBytes: () => Promise.resolve(1),
      });
    expect(await of(7).look(never)).toEqual([]);
    expect(await of(9).look(never)).toMatchObject([
      { message: expect.stringMatching(/\/dumps will be full in about 8 days/) },
    ]);
  });
});

it('InfluxDB is behind after an hour, or when it refuses', async () => {
  const at = (waitingSinceMs: number | null, dead: number) =>
    influxBehind(
      () => Promise.resolve({ waiting: 3, waitingSinceMs, dead, reason: null }),
      () => 10 * hourMs,
    ).look(never);
  expect(await at(null, 0)).toEqual([]);
  expect(await at(9.5 * hourMs, 0)).toEqual([]);
  expect(await at(8 * hourMs, 0)).toMatchObject([
    { message: '3 lines have been waiting for InfluxDB for 120 minutes.' },
  ]);
  expect(await at(null, 1)).toMatchObject([{ message: 'InfluxDB refused 1 line.' }]);
});

it('a machine without a recent good dump is named', async () => {
  const last = new Map([
    ['id-1', 99 * dayMs],
    ['id-2', 80 * dayMs],
  ]);
  const names = ['web-01', 'web-02', 'web-03', 'mail-01'];
  const source = noGoodDump({
    maxAgeMs: 7 * dayMs,
    pattern: 'web-*',
    machines: () => Promise.resolve(names.map((name, index) => ({ id: `id-${index + 1}`, name }))),
    lastGoodMs: (id) => Promise.resolve(last.get(id) ?? null),
    now: () => 100 * dayMs,
  });
  expect((await source.look(never)).map(({ message }) => message)).toEqual([
    'The last good dump of web-02 is 20 days old.',
    'web-03 has no good dump.',
  ]);
});

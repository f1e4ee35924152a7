import { expect, it } from 'vitest';
import { retentionBulletins } from '../../src/notifications/retention-bulletins.ts';
import { scheduleBulletins } from '../../src/notifications/schedule-bulletins.ts';
import type { RetentionRun } from '../../src/retention/retention-store.ts';
import type { ScheduleEvent } from '../../src/schedules/run.ts';
import { notificationWorld } from '../fakes/notification-world.ts';
import { type Received, webhookReceiver } from '../fakes/webhook-receiver.ts';

/** A room's list that a test writes to. */
function numbered<T extends { readonly seq: number; readonly atMs: number }>() {
  const rows: T[] = [];
  const listeners = new Set<() => void>();
  return {
    rows,
    add(row: Omit<T, 'seq' | 'atMs'>): void {
      rows.push({ ...row, seq: rows.length + 1, atMs: Date.now() } as T);
      for (const listener of listeners) listener();
    },
    watch(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

const scheduleRoom = () => {
  const list = numbered<ScheduleEvent>();
  return {
    ...list,
    newestEvent: async () => list.rows.length,
    events: async (after: number, limit: number) => list.rows.filter(({ seq }) => seq > after).slice(0, limit),
  };
};
const retentionRoom = () => {
  const list = numbered<RetentionRun>();
  return { ...list, runs: async (limit: number) => list.rows.toReversed().slice(0, limit) };
};

const schedule = { scheduleId: 's1', scheduleName: 'nightly', dueMs: 0, targetName: 'db-01', operationId: null };
const event = (type: ScheduleEvent['type']) => ({ ...schedule, type, message: `it was ${type.toLowerCase()}` });
const run = { actor: 'retention', removed: 0, freedBytes: 0, failed: 0, warning: null };
const told = (received: readonly Received[]) => received.map(({ event: { type } }) => type);

it('what is missed, skipped, refused, fails or matches nothing is told, in order, with schedule and machine', async () => {
  const schedules = scheduleRoom();
  schedules.add(event('FAILED'));
  const world = await notificationWorld({ bulletins: [scheduleBulletins(schedules)] });
  const { notifications } = await world.open();
  const receiver = await webhookReceiver();
  await notifications.createHook({ name: 'ops', target: { type: 'WEBHOOK', url: receiver.url } }, 'tester');
  for (const type of ['MISSED', 'SKIPPED', 'REFUSED', 'FAILED', 'NO_MACHINES'] as const) schedules.add(event(type));
  await receiver.count(5);
  // The one from before anybody was there to be told is no news.
  expect(told(receiver.received)).toEqual(
    ['missed', 'skipped', 'refused', 'failed', 'no-machines'].map((name) => `io.memoir.schedule.${name}`),
  );
  expect(receiver.received[2]?.event).toMatchObject({
    id: 'node-1_schedule-4',
    subject: 'schedules/s1',
    data: { host: 'here', machine: 'db-01', schedule: { id: 's1', name: 'nightly' } },
  });
});

it('only of the kinds that a hook wants', async () => {
  const schedules = scheduleRoom();
  const world = await notificationWorld({ bulletins: [scheduleBulletins(schedules)] });
  const { notifications } = await world.open();
  const receiver = await webhookReceiver();
  const kinds = ['SCHEDULE_FAILED'] as const;
  const target = { type: 'WEBHOOK', url: receiver.url } as const;
  await notifications.createHook({ name: 'ops', target, kinds: [...kinds] }, 'tester');
  schedules.add(event('MISSED'));
  schedules.add(event('FAILED'));
  await receiver.count(1);
  expect(told(receiver.received)).toEqual(['io.memoir.schedule.failed']);
});

it('what retention removed is told, and once of what stands in its way every hour', async () => {
  const retention = retentionRoom();
  const world = await notificationWorld({ bulletins: [retentionBulletins(retention)] });
  const { notifications } = await world.open();
  const receiver = await webhookReceiver();
  await notifications.createHook({ name: 'ops', target: { type: 'WEBHOOK', url: receiver.url } }, 'tester');
  retention.add({ ...run, removed: 2, freedBytes: 3e9 });
  for (let hour = 0; hour < 3; hour++) retention.add({ ...run, warning: 'the clock leapt by 3 days' });
  retention.add({ ...run, removed: 1, freedBytes: 1e9 });
  await receiver.count(3);
  expect(told(receiver.received)).toEqual(
    ['removed', 'failed', 'removed'].map((name) => `io.memoir.retention.${name}`),
  );
  expect(receiver.received[1]?.event.data).toMatchObject({ retention: { by: 'retention', removed: 0 } });
});

it('what was listed while the server was down is told after its next start, once', async () => {
  const schedules = scheduleRoom();
  const world = await notificationWorld({ bulletins: [scheduleBulletins(schedules)] });
  const first = await world.open();
  const receiver = await webhookReceiver();
  await first.notifications.createHook({ name: 'ops', target: { type: 'WEBHOOK', url: receiver.url } }, 'tester');
  schedules.add(event('FAILED'));
  await receiver.count(1);
  await expect.poll(() => first.notifications.countDeliveries()).toMatchObject({ DELIVERED: 1 });
  await first.close();
  schedules.add(event('MISSED'));
  await world.open();
  await receiver.count(2);
  expect(told(receiver.received)).toEqual(['io.memoir.schedule.failed', 'io.memoir.schedule.missed']);
});

import type { ScheduleEvent } from '../schedules/run.ts';
import type { Schedules } from '../schedules/schedules.ts';
import type { Bulletin, BulletinSource } from './bulletin-feeder.ts';
import { type EventKind, eventKinds } from './notification.ts';

const atOnce = 100;

const kinds = {
  MISSED: 'SCHEDULE_MISSED',
  SKIPPED: 'SCHEDULE_SKIPPED',
  REFUSED: 'SCHEDULE_REFUSED',
  FAILED: 'SCHEDULE_FAILED',
  NO_MACHINES: 'SCHEDULE_NO_MACHINES',
} as const satisfies Record<ScheduleEvent['type'], EventKind>;

/** What about schedules needs attention, in order per schedule. */
export function scheduleBulletins(schedules: Pick<Schedules, 'events' | 'newestEvent' | 'watch'>): BulletinSource {
  return {
    name: 'schedule',
    newest: () => schedules.newestEvent(),
    async after(seq) {
      const events = await schedules.events(seq, atOnce);
      return events.map((event) => ({ seq: event.seq, bulletin: toBulletin(event) }));
    },
    watch: (listener) => schedules.watch(listener),
  };
}

function toBulletin(event: ScheduleEvent): Bulletin {
  const { seq, type, atMs, scheduleId, scheduleName, dueMs, targetName, operationId, message } = event;
  const kind = kinds[type];
  return {
    seq,
    kind,
    orderKey: `schedule ${scheduleId}`,
    machine: targetName,
    subject: `schedules/${scheduleId}`,
    message: `${eventKinds[kind].title} (${scheduleName}): ${message}`,
    atMs,
    data: { schedule: { id: scheduleId, name: scheduleName, dueAt: new Date(dueMs).toISOString() }, operationId },
  };
}

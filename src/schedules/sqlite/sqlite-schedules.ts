import type { Database } from '../../database/database.ts';
import type { ScheduleStore } from '../schedule-store.ts';
import type { ScheduleReadingService } from './schedule-reading-service.ts';
import type { ScheduleWritingService } from './schedule-writing-service.ts';

/** Schedules in the embedded database, which is the caller's to close. */
export async function createSqliteSchedules(database: Database): Promise<ScheduleStore> {
  const writing = await database.service<ScheduleWritingService>('schedules', {
    module: new URL('./schedule-writing-service.ts', import.meta.url).href,
    options: null,
  });
  const reading = await database.service<ScheduleReadingService>(
    'schedules',
    { module: new URL('./schedule-reading-service.ts', import.meta.url).href, options: null },
    'read',
  );
  return {
    create: writing.create,
    change: writing.change,
    setPaused: writing.setPaused,
    remove: writing.remove,
    due: writing.due,
    journalDue: writing.journalDue,
    open: writing.open,
    plan: writing.plan,
    waiting: writing.waiting,
    accepted: writing.accepted,
    step: writing.step,
    nextMoment: writing.nextMoment,
    prune: writing.prune,
    get: reading.get,
    list: reading.list,
    runs: reading.runs,
    events: reading.events,
    newestEvent: reading.newestEvent,
    scheduleOf: reading.scheduleOf,
  };
}

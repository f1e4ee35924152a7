import type { DatabaseSync } from 'node:sqlite';
import { numberOrNull, textOf } from '../../database/row.ts';
import type { ScheduleEvent, ScheduleRun } from '../run.ts';
import type { Schedule } from '../schedule.ts';
import { toDue, toSchedule, toScheduleEvent, toShot } from './schedule-rows.ts';

export type ScheduleReadingService = ReturnType<typeof openService>;

/** The part of the schedules that lives on the reading thread. The tables are there: the writing part was opened first. */
export function openService(connection: DatabaseSync) {
  const byId = connection.prepare('SELECT * FROM schedules WHERE id = ?');
  const all = connection.prepare('SELECT * FROM schedules ORDER BY name');
  const dues = connection.prepare('SELECT * FROM schedule_dues WHERE schedule_id = ? ORDER BY due_ms DESC LIMIT ?');
  const shots = connection.prepare(
    'SELECT * FROM schedule_shots WHERE schedule_id = ? AND due_ms >= ? ORDER BY due_ms, target_name',
  );
  const events = connection.prepare('SELECT * FROM schedule_events WHERE seq > ? ORDER BY seq LIMIT ?');
  // Also of those that were pruned.
  const newest = connection.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'schedule_events'");
  const byOperation = connection.prepare('SELECT schedule_id FROM schedule_shots WHERE operation_id = ?');
  return {
    get(id: string): Schedule | null {
      const row = byId.get(id);
      return row === undefined ? null : toSchedule(row);
    },
    list: (): Schedule[] => all.all().map(toSchedule),
    runs(scheduleId: string, limit: number): ScheduleRun[] {
      const found = dues.all(scheduleId, limit).map(toDue);
      const oldest = found.at(-1);
      if (oldest === undefined) return [];
      const byDue = Map.groupBy(shots.all(scheduleId, oldest.dueMs).map(toShot), ({ dueMs }) => dueMs);
      return found.map((due) => ({ due, shots: byDue.get(due.dueMs) ?? [] }));
    },
    events: (after: number, limit: number): ScheduleEvent[] => events.all(after, limit).map(toScheduleEvent),
    newestEvent(): number {
      const row = newest.get();
      return row === undefined ? 0 : (numberOrNull(row, 'seq') ?? 0);
    },
    scheduleOf: (operationIds: readonly string[]): (string | null)[] =>
      operationIds.map((id) => {
        const row = byOperation.get(id);
        return row === undefined ? null : textOf(row, 'schedule_id');
      }),
  };
}

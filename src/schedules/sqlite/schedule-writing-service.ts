import type { DatabaseSync } from 'node:sqlite';
import { transact } from '../../database/connection.ts';
import { migrate } from '../../database/migration.ts';
import { numberOf, numberOrNull, type Row, rowOf, textOf } from '../../database/row.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { Due, NewScheduleEvent, Shot } from '../run.ts';
import type { Schedule, ScheduleSpec } from '../schedule.ts';
import type { DueEntry, OpenDue, ShotStep, WaitingShot } from '../schedule-store.ts';
import { scheduleMigrations, toDue, toSchedule, toShot } from './schedule-rows.ts';

export type ScheduleWritingService = ReturnType<typeof openService>;

/** The part of the schedules that lives on the writing thread: also what the runner reads, which must see its own last step. */
export function openService(connection: DatabaseSync) {
  migrate(connection, 'schedules', scheduleMigrations);
  return { ...definitions(connection), ...runs(connection), ...shots(connection) };
}

type EventWriter = (event: NewScheduleEvent) => void;

function eventWriter(connection: DatabaseSync): EventWriter {
  const insert = connection.prepare(
    `INSERT INTO schedule_events (at_ms, schedule_id, schedule_name, type, due_ms, target_name, operation_id, message)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return ({ atMs, scheduleId, scheduleName, type, dueMs, targetName, operationId, message }) =>
    void insert.run(atMs, scheduleId, scheduleName, type, dueMs, targetName, operationId, message);
}

/** What a person changes. */
function definitions(connection: DatabaseSync) {
  const byId = connection.prepare('SELECT * FROM schedules WHERE id = ?');
  const byName = connection.prepare('SELECT id FROM schedules WHERE name = ?');
  const insert = connection.prepare('INSERT INTO schedules VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)');
  const update = connection.prepare(
    `UPDATE schedules SET name = ?, spec = ?, paused = ?, cursor_ms = ?, next_due_ms = ?, updated_at_ms = ?, version = version + 1
     WHERE id = ?`,
  );
  const cancelWaiting = connection.prepare(
    "UPDATE schedule_shots SET state = 'CANCELLED' WHERE schedule_id = ? AND state = 'WAITING'",
  );
  const closeDues = connection.prepare(
    "UPDATE schedule_dues SET state = 'SKIPPED' WHERE schedule_id = ? AND state = 'OPEN'",
  );
  const drop = connection.prepare('DELETE FROM schedules WHERE id = ?');

  function find(id: string): Schedule {
    const row = byId.get(id);
    if (row === undefined) throw new MemoirError('NOT_FOUND', `there is no schedule ${id}`);
    return toSchedule(row);
  }

  function refuseTaken(name: string, id: string): void {
    const other = byName.get(name);
    if (other !== undefined && other.id !== id)
      throw new MemoirError('NAME_TAKEN', `there is a schedule called ${JSON.stringify(name)} already`);
  }

  return {
    create: (schedule: Omit<Schedule, 'version' | 'floorMs'>): Schedule =>
      transact(connection, () => {
        const { id, spec, paused, cursorMs, nextDueMs, createdAtMs, updatedAtMs, actor } = schedule;
        refuseTaken(spec.name, id);
        const kept = JSON.stringify(spec);
        insert.run(id, spec.name, kept, paused ? 1 : 0, cursorMs, nextDueMs, 0, createdAtMs, updatedAtMs, actor);
        return find(id);
      }),
    change: (id: string, spec: ScheduleSpec, nextDueMs: number | null, atMs: number): Schedule =>
      transact(connection, () => {
        const { paused } = find(id);
        refuseTaken(spec.name, id);
        update.run(spec.name, JSON.stringify(spec), paused ? 1 : 0, atMs, nextDueMs, atMs, id);
        return find(id);
      }),
    setPaused: (id: string, paused: boolean, nextDueMs: number | null, atMs: number): Schedule =>
      transact(connection, () => {
        const before = find(id);
        if (before.paused === paused) return before;
        update.run(before.spec.name, JSON.stringify(before.spec), paused ? 1 : 0, atMs, nextDueMs, atMs, id);
        if (paused) {
          cancelWaiting.run(id);
          closeDues.run(id);
        }
        return find(id);
      }),
    remove: (id: string): boolean => drop.run(id).changes > 0,
  };
}

/** Due times, and the machines of each. */
function runs(connection: DatabaseSync) {
  const say = eventWriter(connection);
  const due = connection.prepare(
    'SELECT * FROM schedules WHERE paused = 0 AND next_due_ms <= ? ORDER BY next_due_ms LIMIT ?',
  );
  const ahead = connection.prepare('SELECT * FROM schedules WHERE paused = 0 AND cursor_ms > ? LIMIT ?');
  const advance = connection.prepare(
    'UPDATE schedules SET cursor_ms = ?, next_due_ms = ? WHERE id = ? AND version = ? AND paused = 0 RETURNING floor_ms',
  );
  const insertDue = connection.prepare(
    `INSERT INTO schedule_dues VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state, missed = excluded.missed,
     journaled_at_ms = excluded.journaled_at_ms
     WHERE state = 'SKIPPED' AND excluded.state = 'OPEN' AND excluded.journaled_at_ms < journaled_at_ms`,
  );
  const open = connection.prepare("SELECT * FROM schedule_dues WHERE state = 'OPEN' ORDER BY due_ms LIMIT ?");
  const byId = connection.prepare('SELECT * FROM schedules WHERE id = ?');
  const close = connection.prepare(
    "UPDATE schedule_dues SET state = 'PLANNED' WHERE schedule_id = ? AND due_ms = ? AND state = 'OPEN'",
  );
  const insertShot = connection.prepare(
    "INSERT INTO schedule_shots VALUES (?, ?, ?, ?, ?, 'WAITING', NULL, NULL) ON CONFLICT DO NOTHING",
  );
  const giveWay = connection.prepare(
    `UPDATE schedule_shots SET state = 'SKIPPED' WHERE schedule_id = :id AND target_id = :target AND state = 'WAITING' AND due_ms <
       (SELECT due_ms FROM schedule_shots WHERE schedule_id = :id AND target_id = :target AND state = 'WAITING'
        ORDER BY due_ms DESC LIMIT 1 OFFSET :keep)
     RETURNING due_ms, target_name`,
  );
  const floor = connection.prepare(
    `UPDATE schedules SET floor_ms = max(floor_ms, coalesce(
       (SELECT max(due_ms) FROM schedule_dues WHERE schedule_id = schedules.id AND due_ms < ?), 0))`,
  );
  const settled = `due_ms < ? AND NOT EXISTS (SELECT 1 FROM schedule_shots s WHERE s.schedule_id = schedule_dues.schedule_id
    AND s.due_ms = schedule_dues.due_ms AND s.state IN ('WAITING', 'ACCEPTED')) AND state <> 'OPEN'`;
  const pruneDues = connection.prepare(`DELETE FROM schedule_dues WHERE ${settled}`);
  const pruneShots = connection.prepare(
    `DELETE FROM schedule_shots WHERE due_ms < ? AND state NOT IN ('WAITING', 'ACCEPTED')`,
  );
  const pruneEvents = connection.prepare('DELETE FROM schedule_events WHERE at_ms < ?');

  function skipped(scheduleId: string, row: Row, atMs: number): NewScheduleEvent {
    const targetName = textOf(row, 'target_name');
    const message = `The run of ${targetName} is skipped: it was still waiting for the previous run when the next was due`;
    const scheduleName = toSchedule(rowOf(byId.get(scheduleId))).spec.name;
    const of = { scheduleId, scheduleName, dueMs: numberOf(row, 'due_ms'), targetName, operationId: null };
    return { ...of, atMs, type: 'SKIPPED', message };
  }

  return {
    due: (nowMs: number, limit: number): Schedule[] => {
      const found = [...ahead.all(nowMs, limit), ...due.all(nowMs, limit)].map(toSchedule);
      return [...new Map(found.map((schedule) => [schedule.id, schedule])).values()].slice(0, limit);
    },
    journalDue: (entries: readonly DueEntry[], atMs: number): void =>
      transact(connection, () => {
        for (const { scheduleId, version, cursorMs, nextDueMs, dues, event } of entries) {
          const row = advance.get(cursorMs, nextDueMs, scheduleId, version);
          if (row === undefined) continue;
          for (const { dueMs, state, missed } of dues)
            if (dueMs > Number(row.floor_ms)) insertDue.run(scheduleId, dueMs, state, missed ? 1 : 0, atMs);
          if (event !== null) say(event);
        }
      }),
    open: (limit: number): OpenDue[] =>
      open.all(limit).map((row) => ({
        due: toDue(row),
        schedule: toSchedule(rowOf(byId.get(textOf(row, 'schedule_id')))),
      })),
    plan: (
      { scheduleId, dueMs }: Due,
      chosen: readonly Shot[],
      keepWaiting: number,
      event: NewScheduleEvent | null,
      atMs: number,
    ): void =>
      transact(connection, () => {
        if (close.run(scheduleId, dueMs).changes === 0) return;
        for (const { targetId, targetName, fireAtMs } of chosen) {
          insertShot.run(scheduleId, dueMs, targetId, targetName, fireAtMs);
          for (const row of giveWay.all({ id: scheduleId, target: targetId, keep: keepWaiting - 1 }))
            say(skipped(scheduleId, row, atMs));
        }
        if (event !== null) say(event);
      }),
    prune: (beforeMs: number): void =>
      transact(connection, () => {
        floor.run(beforeMs);
        pruneDues.run(beforeMs);
        pruneShots.run(beforeMs);
        pruneEvents.run(beforeMs);
      }),
  };
}

/** One machine each. */
function shots(connection: DatabaseSync) {
  const say = eventWriter(connection);
  const byId = connection.prepare('SELECT * FROM schedules WHERE id = ?');
  const waiting = connection.prepare(
    "SELECT * FROM schedule_shots WHERE state = 'WAITING' AND fire_at_ms <= ? ORDER BY due_ms, fire_at_ms LIMIT ?",
  );
  const accepted = connection.prepare("SELECT * FROM schedule_shots WHERE state = 'ACCEPTED' ORDER BY due_ms");
  const update = connection.prepare(
    `UPDATE schedule_shots SET state = ?, operation_id = coalesce(?, operation_id), error = ?
     WHERE schedule_id = ? AND due_ms = ? AND target_id = ? AND state IN ('WAITING', 'ACCEPTED')`,
  );
  const nextMoment = connection.prepare(
    `SELECT min(at) AS at FROM (
       SELECT min(next_due_ms) AS at FROM schedules WHERE paused = 0
       UNION ALL SELECT min(fire_at_ms) FROM schedule_shots WHERE state = 'WAITING' AND fire_at_ms > ?)`,
  );

  const withSchedule = (rows: readonly Row[]): WaitingShot[] => {
    const schedules = new Map<string, Schedule>();
    return rows.map((row) => {
      const id = textOf(row, 'schedule_id');
      const schedule = schedules.get(id) ?? toSchedule(rowOf(byId.get(id)));
      schedules.set(id, schedule);
      return { shot: toShot(row), schedule };
    });
  };

  return {
    waiting: (nowMs: number, limit: number): WaitingShot[] => withSchedule(waiting.all(nowMs, limit)),
    accepted: (): WaitingShot[] => withSchedule(accepted.all()),
    step: (steps: readonly ShotStep[]): void =>
      transact(connection, () => {
        for (const { scheduleId, dueMs, targetId, state, operationId, error, event } of steps) {
          const kept = error === undefined ? null : JSON.stringify(error);
          const { changes } = update.run(state, operationId ?? null, kept, scheduleId, dueMs, targetId);
          if (changes > 0 && event !== undefined) say(event);
        }
      }),
    nextMoment: (nowMs: number): number | null => numberOrNull(rowOf(nextMoment.get(nowMs)), 'at'),
  };
}

import type { Migrations } from '../../database/migration.ts';
import { jsonOf, nameOf, numberOf, numberOrNull, type Row, textOf, textOrNull } from '../../database/row.ts';
import { namesOf } from '../../domain/table.ts';
import { type Due, dueStates, type ScheduleEvent, type Shot, scheduleEventTypes, shotStates } from '../run.ts';
import { type Schedule, scheduleSpec } from '../schedule.ts';

export const scheduleMigrations: Migrations = [
  `CREATE TABLE schedules (
     id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, spec TEXT NOT NULL, paused INTEGER NOT NULL, cursor_ms INTEGER NOT NULL,
     next_due_ms INTEGER, floor_ms INTEGER NOT NULL, created_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL,
     actor TEXT NOT NULL, version INTEGER NOT NULL) STRICT;
   CREATE INDEX schedules_by_due ON schedules (next_due_ms) WHERE paused = 0;
   CREATE INDEX schedules_by_cursor ON schedules (cursor_ms) WHERE paused = 0;
   CREATE TABLE schedule_dues (
     schedule_id TEXT NOT NULL REFERENCES schedules (id) ON DELETE CASCADE, due_ms INTEGER NOT NULL, state TEXT NOT NULL,
     missed INTEGER NOT NULL, journaled_at_ms INTEGER NOT NULL, PRIMARY KEY (schedule_id, due_ms)) STRICT, WITHOUT ROWID;
   CREATE INDEX schedule_dues_open ON schedule_dues (due_ms) WHERE state = 'OPEN';
   CREATE TABLE schedule_shots (
     schedule_id TEXT NOT NULL REFERENCES schedules (id) ON DELETE CASCADE, due_ms INTEGER NOT NULL, target_id TEXT NOT NULL,
     target_name TEXT NOT NULL, fire_at_ms INTEGER NOT NULL, state TEXT NOT NULL, operation_id TEXT, error TEXT,
     PRIMARY KEY (schedule_id, due_ms, target_id)) STRICT, WITHOUT ROWID;
   CREATE INDEX schedule_shots_waiting ON schedule_shots (fire_at_ms) WHERE state = 'WAITING';
   CREATE INDEX schedule_shots_at_work ON schedule_shots (due_ms) WHERE state = 'ACCEPTED';
   CREATE INDEX schedule_shots_by_operation ON schedule_shots (operation_id) WHERE operation_id IS NOT NULL;
   CREATE TABLE schedule_events (
     seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, schedule_id TEXT NOT NULL, schedule_name TEXT NOT NULL,
     type TEXT NOT NULL, due_ms INTEGER NOT NULL, target_name TEXT, operation_id TEXT, message TEXT NOT NULL) STRICT;`,
];

export const toSchedule = (row: Row): Schedule => ({
  id: textOf(row, 'id'),
  spec: scheduleSpec.parse(jsonOf(row, 'spec')),
  paused: row.paused === 1,
  cursorMs: numberOf(row, 'cursor_ms'),
  nextDueMs: numberOrNull(row, 'next_due_ms'),
  floorMs: numberOf(row, 'floor_ms'),
  createdAtMs: numberOf(row, 'created_at_ms'),
  updatedAtMs: numberOf(row, 'updated_at_ms'),
  actor: textOf(row, 'actor'),
  version: numberOf(row, 'version'),
});

export const toDue = (row: Row): Due => ({
  scheduleId: textOf(row, 'schedule_id'),
  dueMs: numberOf(row, 'due_ms'),
  state: nameOf(row, 'state', dueStates),
  missed: row.missed === 1,
  journaledAtMs: numberOf(row, 'journaled_at_ms'),
});

export const toShot = (row: Row): Shot => ({
  scheduleId: textOf(row, 'schedule_id'),
  dueMs: numberOf(row, 'due_ms'),
  targetId: textOf(row, 'target_id'),
  targetName: textOf(row, 'target_name'),
  fireAtMs: numberOf(row, 'fire_at_ms'),
  state: nameOf(row, 'state', namesOf(shotStates)),
  operationId: textOrNull(row, 'operation_id'),
  error: row.error === null ? null : JSON.parse(textOf(row, 'error')),
});

export const toScheduleEvent = (row: Row): ScheduleEvent => ({
  seq: numberOf(row, 'seq'),
  atMs: numberOf(row, 'at_ms'),
  scheduleId: textOf(row, 'schedule_id'),
  scheduleName: textOf(row, 'schedule_name'),
  type: nameOf(row, 'type', scheduleEventTypes),
  dueMs: numberOf(row, 'due_ms'),
  targetName: textOrNull(row, 'target_name'),
  operationId: textOrNull(row, 'operation_id'),
  message: textOf(row, 'message'),
});

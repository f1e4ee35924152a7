import type { SQLOutputValue } from 'node:sqlite';
import type { Migrations } from '../../database/migration.ts';
import type { Due, ScheduleEvent, Shot } from '../run.ts';
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

export type Row = Record<string, SQLOutputValue>;

export const toSchedule = (row: Row): Schedule => ({
  id: row.id as string,
  spec: scheduleSpec.parse(JSON.parse(row.spec as string)),
  paused: row.paused === 1,
  cursorMs: row.cursor_ms as number,
  nextDueMs: row.next_due_ms as number | null,
  floorMs: row.floor_ms as number,
  createdAtMs: row.created_at_ms as number,
  updatedAtMs: row.updated_at_ms as number,
  actor: row.actor as string,
  version: row.version as number,
});

export const toDue = (row: Row): Due => ({
  scheduleId: row.schedule_id as string,
  dueMs: row.due_ms as number,
  state: row.state as Due['state'],
  missed: row.missed === 1,
  journaledAtMs: row.journaled_at_ms as number,
});

export const toShot = (row: Row): Shot => ({
  scheduleId: row.schedule_id as string,
  dueMs: row.due_ms as number,
  targetId: row.target_id as string,
  targetName: row.target_name as string,
  fireAtMs: row.fire_at_ms as number,
  state: row.state as Shot['state'],
  operationId: row.operation_id as string | null,
  error: row.error === null ? null : JSON.parse(row.error as string),
});

export const toScheduleEvent = (row: Row): ScheduleEvent => ({
  seq: row.seq as number,
  atMs: row.at_ms as number,
  scheduleId: row.schedule_id as string,
  scheduleName: row.schedule_name as string,
  type: row.type as ScheduleEvent['type'],
  dueMs: row.due_ms as number,
  targetName: row.target_name as string | null,
  operationId: row.operation_id as string | null,
  message: row.message as string,
});

import type { DatabaseSync } from 'node:sqlite';
import { MemoirError } from '../domain/memoir-error.ts';
import { transact } from './connection.ts';

/** The steps of one service's schema, in order. A step that was released is never changed: a new one follows it. */
export type Migrations = readonly string[];

/** Brings one service's tables to the newest step, each step in a transaction of its own together with its number. */
export function migrate(connection: DatabaseSync, service: string, steps: Migrations): void {
  connection.exec(
    'CREATE TABLE IF NOT EXISTS schema_versions (service TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT',
  );
  const row = connection.prepare('SELECT version FROM schema_versions WHERE service = ?').get(service);
  const current = Number(row?.version ?? 0);
  if (current > steps.length) {
    throw new MemoirError(
      'DATABASE_FAILED',
      `the database of ${service} was written by a newer version of Memoir (schema ${current}, known ${steps.length})`,
      {
        hint: 'Use that version, or set a different DATA_DIR.',
      },
    );
  }
  steps.slice(current).forEach((step, index) => {
    transact(connection, () => {
      connection.exec(step);
      connection
        .prepare(
          'INSERT INTO schema_versions VALUES (?, ?) ON CONFLICT (service) DO UPDATE SET version = excluded.version',
        )
        .run(service, current + index + 1);
    });
  });
}

import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { MemoirError } from '../domain/memoir-error.ts';
import { copyDatabase } from './backup.ts';
import { transact } from './connection.ts';

/** The steps of one service's schema, in order. A step that was released is never changed: a new one follows it. */
export type Migrations = readonly string[];

/**
 * Brings one service's tables to the newest step, each step in a transaction of its own together with its number. What is there
 * already is copied first, as `memoir.sqlite.before-SERVICE-VERSION`: the way back to the version that wrote it.
 */
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
        hint: `Use that version; or go back to the copy that was made before the upgrade, memoir.sqlite.before-${service}-${steps.length}, if there is one; or set a different DATA_DIR.`,
      },
    );
  }
  if (current > 0 && current < steps.length) copyBefore(connection, service, current);
  if (current === steps.length) return;
  // The steps are whole and in their order without waiting for the disk at each: in WAL mode the first commit that has to outlive a power
  // cut takes them there with it. Lost before that they are only run again (sqlite.org/pragma.html#pragma_synchronous).
  const waiting = connection.prepare('PRAGMA synchronous').get()?.synchronous;
  connection.exec('PRAGMA synchronous=NORMAL');
  try {
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
  } finally {
    connection.exec(`PRAGMA synchronous=${Number(waiting)}`);
  }
}

/** Without room for the copy there is no upgrade. The service's earlier copy goes when the new one is complete. */
function copyBefore(connection: DatabaseSync, service: string, version: number): void {
  const path = connection.location();
  if (path === null) return;
  const prefix = `${basename(path)}.before-${service}-`;
  const name = `${prefix}${version}`;
  // The rest of a copy that was broken off.
  rmSync(join(dirname(path), name), { force: true });
  copyDatabase(connection, join(dirname(path), name));
  const earlier = readdirSync(dirname(path)).filter((one) => one.startsWith(prefix) && one !== name);
  for (const one of earlier) rmSync(join(dirname(path), one), { force: true });
}

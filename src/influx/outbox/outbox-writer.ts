import type { DatabaseSync } from 'node:sqlite';
import { type Migrations, migrate } from '../../database/migration.ts';

const migrations: Migrations = [
  `
  -- AUTOINCREMENT: a number is never given twice, also when everything was sent and the server starts again.
  CREATE TABLE outbox_lines (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    line TEXT NOT NULL,
    state TEXT NOT NULL,
    enqueued_at_ms INTEGER NOT NULL,
    reason TEXT,
    died_at_ms INTEGER
  ) STRICT;
  CREATE INDEX outbox_lines_by_state ON outbox_lines (state, seq);
  CREATE TABLE outbox_counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
  INSERT INTO outbox_counters VALUES ('overflowed', 0);
  `,
];

/** About 70 MB of lines; what does not fit is counted, and is in the catalogue all the same. */
const maxLines = 100_000;

/** Puts lines into the outbox, inside of a transaction that the caller has begun. */
export type OutboxWriter = (key: string, lines: readonly string[]) => void;

/** Makes the tables if they are not there. */
export function prepareOutbox(connection: DatabaseSync): void {
  migrate(connection, 'outbox', migrations);
}

/** Makes the tables too. `limit` is of all lines, the dead ones included. */
export function createOutboxWriter(connection: DatabaseSync, limit = maxLines): OutboxWriter {
  prepareOutbox(connection);
  const count = connection.prepare('SELECT count(*) AS lines FROM outbox_lines');
  const insert = connection.prepare(
    "INSERT INTO outbox_lines (key, line, state, enqueued_at_ms) VALUES (?, ?, 'WAITING', ?)",
  );
  const overflow = connection.prepare("UPDATE outbox_counters SET value = value + ? WHERE name = 'overflowed'");
  return (key, lines) => {
    if (Number(count.get()?.lines) + lines.length > limit) {
      overflow.run(lines.length);
      return;
    }
    const now = Date.now();
    for (const line of lines) insert.run(key, line, now);
  };
}

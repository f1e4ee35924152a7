import type { DatabaseSync } from 'node:sqlite';
import type { Json } from '../../src/domain/json.ts';

/** Effect `test.keep`: a table of its own, written in the journal's transaction. */
export function openEffect(connection: DatabaseSync): (payload: Json) => void {
  connection.exec('CREATE TABLE IF NOT EXISTS kept (payload TEXT NOT NULL)');
  const insert = connection.prepare('INSERT INTO kept VALUES (?)');
  return (payload) => void insert.run(JSON.stringify(payload));
}

/** Reads what was kept, as a service on the reading thread. */
export function openService(connection: DatabaseSync) {
  return {
    all: (): unknown[] =>
      connection
        .prepare('SELECT payload FROM kept')
        .all()
        .map((row) => JSON.parse(row.payload as string)),
  };
}

import type { DatabaseSync } from 'node:sqlite';
import { transact } from '../../src/database/connection.ts';
import { migrate } from '../../src/database/migration.ts';
import { MemoirError } from '../../src/domain/memoir-error.ts';

export type NotesService = ReturnType<typeof openService>;

/** A small service, for tests of the threads that services run on. Makes its table where it may write. */
export function openService(connection: DatabaseSync, options: unknown) {
  if (options !== 'read') migrate(connection, 'notes', ['CREATE TABLE notes (text TEXT NOT NULL) STRICT']);
  return {
    add: (text: string | null) =>
      transact(connection, () => void connection.prepare('INSERT INTO notes VALUES (?)').run(text)),
    list: () =>
      connection
        .prepare('SELECT text FROM notes ORDER BY rowid')
        .all()
        .map((row) => row.text as string),
    addThenFail(text: string): void {
      transact(connection, () => {
        connection.prepare('INSERT INTO notes VALUES (?)').run(text);
        throw new MemoirError('NOT_FOUND', 'there is no such note', { hint: 'Look again.', details: { text } });
      });
    },
    fail(): void {
      throw new TypeError('not expected');
    },
    isOpen: () => connection.isOpen,
    uncloneable: () => () => 0,
    async sum(numbers: readonly number[]) {
      return numbers.reduce((a, b) => a + b, 0);
    },
    exit(): void {
      process.exit(3);
    },
  };
}

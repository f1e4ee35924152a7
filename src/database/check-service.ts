import type { DatabaseSync } from 'node:sqlite';

export type CheckService = ReturnType<typeof openService>;

/** Looks through the whole file; on a thread of its own, since it takes as long as reading it. */
export function openService(connection: DatabaseSync) {
  return {
    /** What is wrong, in SQLite's words; null for a sound database. `quick_check` leaves out whether indexes agree with tables. */
    examine(): string | null {
      const [row] = connection.prepare('PRAGMA quick_check(1)').all();
      const finding = String(row?.quick_check ?? 'no answer');
      return finding === 'ok' ? null : finding;
    },
  };
}

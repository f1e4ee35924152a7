import type { DatabaseSync } from 'node:sqlite';
import { transact } from '../../database/connection.ts';
import { numberOf } from '../../database/row.ts';

/** The part of the writing half that forgets: see `Journal.pruneEvents` and `Journal.forget`. */
export function journalPruning(connection: DatabaseSync) {
  const selectOldest = connection.prepare('SELECT seq, at_ms FROM operation_events ORDER BY seq LIMIT ?');
  const deleteEvents = connection.prepare('DELETE FROM operation_events WHERE seq <= ?');
  const deleteEnded = connection.prepare(
    `DELETE FROM operations
     WHERE id IN (SELECT value FROM json_each(?)) AND state NOT IN ('QUEUED', 'RUNNING')`,
  );

  return {
    pruneEvents(beforeMs: number, limit: number): { removed: number; first: number } {
      return transact(connection, () => {
        const oldest = selectOldest.all(Math.min(limit, 10_000));
        const kept = oldest.findIndex((row) => numberOf(row, 'at_ms') >= beforeMs);
        const removed = kept < 0 ? oldest.length : kept;
        const last = oldest[removed - 1]?.seq;
        if (last !== undefined) deleteEvents.run(last);
        return { removed, first: Number(last ?? Number(oldest[0]?.seq ?? 1) - 1) + 1 };
      });
    },

    forget(ids: readonly string[]): number {
      return Number(deleteEnded.run(JSON.stringify(ids)).changes);
    },
  };
}

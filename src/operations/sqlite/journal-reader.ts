import type { DatabaseSync } from 'node:sqlite';
import { nameOf, numberOf, textOf } from '../../database/row.ts';
import { allOperationStates, type OperationState } from '../../domain/operation-state.ts';
import type { OperationPage, OperationQuery } from '../journal.ts';
import type { Operation, OperationEvent } from '../operation.ts';
import { findPage, limitOf } from './page.ts';
import { toEvent, toOperation } from './row.ts';

/** The reading half of the journal; its tables were made by the writing half, which is opened first. */
export function openService(connection: DatabaseSync) {
  return journalReader(connection);
}

export type JournalReader = ReturnType<typeof journalReader>;

function journalReader(connection: DatabaseSync) {
  // One statement for all of them: a thousand single ones take three times as long.
  const select = connection.prepare(
    'SELECT operations.* FROM json_each(?) AS wanted JOIN operations ON operations.id = wanted.value',
  );
  const selectActive = connection.prepare("SELECT * FROM operations WHERE state IN ('QUEUED', 'RUNNING') ORDER BY id");
  const selectEvents = connection.prepare('SELECT * FROM operation_events WHERE seq > ? ORDER BY seq LIMIT ?');
  const selectEventsOf = connection.prepare(
    'SELECT * FROM operation_events WHERE operation_id = ? ORDER BY seq LIMIT ?',
  );
  // The sequence remembers the last number even when every event was pruned.
  const selectBounds = connection.prepare(
    `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'operation_events'), 0) AS last,
            (SELECT min(seq) FROM operation_events) AS first`,
  );
  const selectAccepted = connection.prepare(
    'SELECT * FROM operations WHERE id > ? AND created_at_ms < ? ORDER BY id LIMIT ?',
  );
  const selectTally = connection.prepare(
    'SELECT kind, state, count FROM operation_tally WHERE count > 0 ORDER BY kind, state',
  );

  return {
    get(ids: readonly string[]): (Operation | null)[] {
      const found = new Map(select.all(JSON.stringify(ids)).map((row) => [textOf(row, 'id'), toOperation(row)]));
      return ids.map((id) => found.get(id) ?? null);
    },

    page: (query: OperationQuery): OperationPage => findPage(connection, query),

    acceptedBefore(beforeMs: number, afterId: string, limit: number): Operation[] {
      limitOf(limit);
      return selectAccepted.all(afterId, beforeMs, limit).map(toOperation);
    },

    active(): Operation[] {
      return selectActive.all().map(toOperation);
    },

    events(after: number, limit: number): OperationEvent[] {
      limitOf(limit);
      return selectEvents.all(after, limit).map(toEvent);
    },

    eventsOf(operationId: string, limit: number): OperationEvent[] {
      limitOf(limit);
      return selectEventsOf.all(operationId, limit).map(toEvent);
    },

    bounds(): { first: number; last: number } {
      const row = selectBounds.get();
      const last = Number(row?.last ?? 0);
      return { first: row?.first === null ? last + 1 : Number(row?.first ?? 1), last };
    },

    tally(): { kind: string; state: OperationState; count: number }[] {
      return selectTally.all().map((row) => ({
        kind: textOf(row, 'kind'),
        state: nameOf(row, 'state', allOperationStates),
        count: numberOf(row, 'count'),
      }));
    },
  };
}

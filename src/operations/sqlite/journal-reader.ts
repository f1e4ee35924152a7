import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { OperationState } from '../../domain/operation-state.ts';
import type { OperationPage, OperationQuery } from '../journal.ts';
import type { Operation, OperationEvent } from '../operation.ts';
import { toEvent, toOperation } from './row.ts';

/** The reading half of the journal; its tables were made by the writing half, which is opened first. */
export function openService(connection: DatabaseSync) {
  return journalReader(connection);
}

export type JournalReader = ReturnType<typeof journalReader>;

/** Most rows of one answer. */
const maxLimit = 1000;

function journalReader(connection: DatabaseSync) {
  const select = connection.prepare('SELECT * FROM operations WHERE id = ?');
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
  const selectTally = connection.prepare(
    'SELECT kind, state, count FROM operation_tally WHERE count > 0 ORDER BY kind, state',
  );

  return {
    get(ids: readonly string[]): (Operation | null)[] {
      return ids.map((id) => {
        const row = select.get(id);
        return row === undefined ? null : toOperation(row);
      });
    },

    page(query: OperationQuery): OperationPage {
      limitOf(query.limit);
      const { sql, values } = conditions(query);
      const backwards = query.beforeId !== undefined;
      const edge = query.beforeId ?? query.afterId;
      const edges = edge === undefined ? '' : `AND id ${backwards ? '>' : '<'} ?`;
      const rows = connection
        .prepare(`SELECT * FROM operations WHERE ${sql} ${edges} ORDER BY id ${backwards ? 'ASC' : 'DESC'} LIMIT ?`)
        .all(...values, ...(edge === undefined ? [] : [edge]), query.limit + 1);
      const operations = rows.slice(0, query.limit).map(toOperation);
      const more = rows.length > query.limit;
      const total = connection.prepare(`SELECT count(*) AS count FROM operations WHERE ${sql}`).get(...values);
      return {
        operations: backwards ? operations.reverse() : operations,
        hasNext: backwards ? true : more,
        hasPrevious: backwards ? more : edge !== undefined,
        totalCount: Number(total?.count ?? 0),
      };
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
        kind: row.kind as string,
        state: row.state as OperationState,
        count: row.count as number,
      }));
    },
  };
}

function limitOf(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > maxLimit) {
    throw new MemoirError('BAD_INPUT', `limit must be a whole number from 1 to ${maxLimit}`);
  }
}

function conditions(query: OperationQuery): { sql: string; values: SQLInputValue[] } {
  const parts = ['1'];
  const values: SQLInputValue[] = [];
  if (query.kind !== undefined) {
    parts.push('kind = ?');
    values.push(query.kind);
  }
  if (query.states !== undefined) {
    parts.push('state IN (SELECT value FROM json_each(?))');
    values.push(JSON.stringify(query.states));
  }
  if (query.subjects !== undefined) {
    parts.push('id IN (SELECT operation_id FROM operation_subjects WHERE subject IN (SELECT value FROM json_each(?)))');
    values.push(JSON.stringify(query.subjects));
  }
  return { sql: parts.join(' AND '), values };
}

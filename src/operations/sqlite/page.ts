import type { DatabaseSync } from 'node:sqlite';
import { type Row, rowOf, textOf } from '../../database/row.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { isTerminal } from '../../domain/operation-state.ts';
import type { OperationPage, OperationQuery } from '../journal.ts';
import { toOperation } from './row.ts';

/** Most rows of one answer. */
const maxLimit = 1000;

export function limitOf(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > maxLimit) {
    throw new MemoirError('BAD_INPUT', `limit must be a whole number from 1 to ${maxLimit}`);
  }
}

/**
 * One page of the newest, or those beside an edge. However many operations there are, it reads about as many rows as it
 * answers: one walk of an index for each state or subject that is asked for, merged here, because SQLite would read all of
 * them to sort them. Counts come from the tally; those of subjects from the subjects' own narrow rows.
 */
export function findPage(connection: DatabaseSync, query: OperationQuery): OperationPage {
  limitOf(query.limit);
  const backwards = query.beforeId !== undefined;
  const edge = query.beforeId ?? query.afterId;
  const found = (query.subjects === undefined ? walkStates : walkSubjects)(connection, query);
  const rows = [...found.entries()].sort(([left], [right]) => (left < right !== backwards ? 1 : -1));
  const operations = rows.slice(0, query.limit).map(([, row]) => toOperation(row));
  const more = rows.length > query.limit;
  return {
    operations: backwards ? operations.reverse() : operations,
    hasNext: backwards ? true : more,
    hasPrevious: backwards ? more : edge !== undefined,
    totalCount: query.subjects === undefined ? countByTally(connection, query) : countBySubject(connection, query),
  };
}

/** The end of each walk: from the edge on, one more than is asked for. */
function walkFrom({ beforeId, afterId, limit }: OperationQuery, column: string) {
  const edge = beforeId ?? afterId;
  const condition = edge === undefined ? '' : `AND ${column} ${beforeId === undefined ? '<' : '>'} ?`;
  const sql = `${condition} ORDER BY ${column} ${beforeId === undefined ? 'DESC' : 'ASC'} LIMIT ?`;
  return { sql, values: [...(edge === undefined ? [] : [edge]), limit + 1] };
}

function walkStates(connection: DatabaseSync, query: OperationQuery): Map<string, Row> {
  const { sql, values } = walkFrom(query, 'id');
  const kind = query.kind === undefined ? { sql: '1', values: [] } : { sql: 'kind = ?', values: [query.kind] };
  const rows = new Map<string, Row>();
  const walk = (condition: string, ...more: readonly string[]) => {
    const statement = connection.prepare(`SELECT * FROM operations WHERE ${condition} ${sql}`);
    for (const row of statement.iterate(...kind.values, ...more, ...values)) rows.set(textOf(row, 'id'), row);
  };
  if (query.states === undefined) walk(kind.sql);
  else for (const state of new Set(query.states)) walk(`${kind.sql} AND state = ?`, state);
  return rows;
}

function walkSubjects(connection: DatabaseSync, query: OperationQuery): Map<string, Row> {
  const { sql, values } = walkFrom(query, 'operation_id');
  const { table, condition, values: wanted } = ofSubject(query);
  const statement = connection.prepare(`SELECT operation_id FROM ${table} WHERE subject = ? ${condition} ${sql}`);
  const ids = new Set<string>();
  for (const subject of new Set(query.subjects)) {
    for (const row of statement.iterate(subject, ...wanted, ...values)) ids.add(textOf(row, 'operation_id'));
  }
  const sorted = [...ids].sort();
  const nearest = query.beforeId === undefined ? sorted.slice(-(query.limit + 1)) : sorted.slice(0, query.limit + 1);
  const select = connection.prepare('SELECT * FROM operations WHERE id = ?');
  return new Map(nearest.map((id) => [id, rowOf(select.get(id))]));
}

/**
 * Conditions on a subject's own rows. Where only active ones are wanted, the index of active subjects has them, by name:
 * SQLite would choose the primary key, and read the subject's whole history.
 */
function ofSubject({ kind, states }: OperationQuery): { table: string; condition: string; values: string[] } {
  let table = 'operation_subjects';
  const parts: string[] = [];
  const values: string[] = [];
  if (kind !== undefined) {
    parts.push('AND kind = ?');
    values.push(kind);
  }
  if (states !== undefined) {
    if (states.length > 0 && !states.some(isTerminal)) {
      table += ' INDEXED BY operation_subjects_active';
      parts.push("AND state IN ('QUEUED', 'RUNNING')");
    }
    parts.push('AND state IN (SELECT value FROM json_each(?))');
    values.push(JSON.stringify(states));
  }
  return { table, condition: parts.join(' '), values };
}

function countByTally(connection: DatabaseSync, { kind, states }: OperationQuery): number {
  const row = connection
    .prepare(
      `SELECT coalesce(sum(count), 0) AS count FROM operation_tally
       WHERE (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR state IN (SELECT value FROM json_each(?2)))`,
    )
    .get(kind ?? null, states === undefined ? null : JSON.stringify(states));
  return Number(row?.count ?? 0);
}

function countBySubject(connection: DatabaseSync, query: OperationQuery): number {
  const { table, condition, values } = ofSubject(query);
  const subjects = [...new Set(query.subjects)];
  // An operation that has two of the subjects is one.
  const what = subjects.length === 1 ? 'count(*)' : 'count(DISTINCT operation_id)';
  const row = connection
    .prepare(
      `SELECT ${what} AS count FROM ${table}
       WHERE subject IN (SELECT value FROM json_each(?)) ${condition}`,
    )
    .get(JSON.stringify(subjects), ...values);
  return Number(row?.count ?? 0);
}

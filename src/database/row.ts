import type { SQLOutputValue } from 'node:sqlite';
import type { Json } from '../domain/json.ts';
import { MemoirError } from '../domain/memoir-error.ts';

/** A row as SQLite gives it. Tables are STRICT: a column of another type than its reader expects is damage, or not our file. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

export function textOf(row: Row, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : refuse(column, 'text');
}

export function numberOf(row: Row, column: string): number {
  const value = row[column];
  return typeof value === 'number' ? value : refuse(column, 'a number');
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : textOf(row, column);
}

export function numberOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : numberOf(row, column);
}

export function jsonOf(row: Row, column: string): Json {
  return JSON.parse(textOf(row, column));
}

/** One of the names: a state, a role. */
export function nameOf<Name extends string>(row: Row, column: string, names: readonly Name[]): Name {
  const value = row[column];
  return names.find((name) => name === value) ?? refuse(column, 'a known name');
}

/** The row that a query always answers, such as a count. */
export function rowOf(row: Row | undefined): Row {
  if (row === undefined) throw new MemoirError('DATABASE_DAMAGED', 'database: a required row is missing');
  return row;
}

function refuse(column: string, expected: string): never {
  throw new MemoirError('DATABASE_DAMAGED', `database: the column ${column} does not hold ${expected}`);
}

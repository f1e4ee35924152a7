import { MemoirError } from './memoir-error.ts';

/**
 * Opaque paging cursors: a list of scalars and the name of the order they belong to. A cursor of another order, or one that
 * this function did not make, is BAD_CURSOR and never reaches a query.
 */
export type CursorValue = string | number | null;

const maxLength = 2048;

export function encodeCursor(order: string, values: readonly CursorValue[]): string {
  return Buffer.from(JSON.stringify([order, ...values])).toString('base64url');
}

export function decodeCursor(order: string, cursor: string, count: number): CursorValue[] {
  const parsed = cursor.length > maxLength ? undefined : parse(cursor);
  if (!Array.isArray(parsed) || parsed.length !== count + 1 || !parsed.every(isCursorValue)) {
    throw new MemoirError('BAD_CURSOR', 'the cursor is malformed');
  }
  if (parsed[0] !== order) throw new MemoirError('BAD_CURSOR', 'the cursor belongs to another order of the list');
  return parsed.slice(1);
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

function isCursorValue(value: unknown): value is CursorValue {
  return value === null || typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));
}

import { type CursorValue, decodeCursor, encodeCursor } from '../../domain/cursor.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { RecordOrder, RecordPage, RecordPageQuery } from '../dump-records.ts';
import { chooseArms, orderColumns } from './arms.ts';
import { joinSql, type Queries, type Sql } from './queries.ts';
import { fromRow, type RecordRow } from './record-row.ts';
import type { Selection } from './selection.ts';
import { locate } from './totals.ts';

/** Where a record stands in an order: its key, then its id. */
interface Place {
  readonly key: string | number;
  readonly id: string;
}

interface Entry extends Place {
  readonly number: number;
}

/** Which stretch of the list is read, from one of its ends. */
interface Reading {
  /** The order in which it is read: the list's, or the opposite one to read the end of the list. */
  readonly order: RecordOrder;
  /** Only what comes after this place, in the reading's order. */
  readonly after?: Place | undefined;
  /** Only what comes before this place, in the reading's order. */
  readonly before?: Place | undefined;
  readonly offset?: number;
  readonly limit: number;
}

export function readPage(queries: Queries, selection: Selection | null, query: RecordPageQuery): RecordPage {
  const { order, limit, offset = 0 } = query;
  const after = toPlace(order, query.after);
  const before = toPlace(order, query.before);
  if (selection === null) return { rows: [], hasNext: false, hasPrevious: false, source: 'CATALOGUE', warnings: [] };

  const read = (reading: Reading) => readEntries(queries, selection, reading);
  const exists = (reading: Omit<Reading, 'limit'>) => read({ ...reading, limit: 1 }).length > 0;
  const opposite = reverse(order);
  // With only an end given, the page is what comes right before it; otherwise it starts behind `after`.
  const backwards = before !== undefined && after === undefined;
  const entries = backwards
    ? read({ order: opposite, after: before, limit: limit + 1 })
    : read({ order, after, before, offset, limit: limit + 1 });
  const more = entries.length > limit;
  const page = entries.slice(0, limit);
  if (backwards) page.reverse();

  const first = page.at(0);
  const last = page.at(-1);
  // An empty page has the rest of the list on one side of it.
  const hasPrevious =
    first === undefined
      ? (after !== undefined || offset > 0) && exists({ order })
      : backwards
        ? more
        : (after !== undefined || offset > 0) && exists({ order: opposite, after: first });
  const hasNext =
    last === undefined
      ? before !== undefined && exists({ order, after })
      : (more && !backwards) || (before !== undefined && exists({ order, after: last }));
  const rows = page.map((entry) => toPageRow(queries, order, entry));
  return { rows, hasNext, hasPrevious, source: 'CATALOGUE', warnings: [] };
}

function readEntries(queries: Queries, whole: Selection, reading: Reading): Entry[] {
  const { order, after, before, limit } = reading;
  let selection = whole;
  let offset = reading.offset ?? 0;
  if (offset > 0 && order.by === 'TIME' && whole.hash === null && after === undefined) {
    const located = locate(queries, whole, order.direction, offset);
    if (located === null) return [];
    ({ selection, offset } = located);
  }
  const [lower, upper] = order.direction === 'ASC' ? [after, before] : [before, after];
  const bounds = [
    ...(lower === undefined ? [] : [compare(order, '>', lower)]),
    ...(upper === undefined ? [] : [compare(order, '<', upper)]),
  ];
  if (order.by === 'TIME') selection = narrow(selection, lower, upper);
  const arms = chooseArms(queries, selection, order.by, bounds.length === 0 ? null : joinSql(bounds, ' AND '));
  if (arms.length === 0) return [];
  const union = joinSql(arms, ' UNION ALL ');
  const text = `${union.text} ORDER BY key ${order.direction}, id ${order.direction} LIMIT ? OFFSET ?`;
  return queries.all({ text, values: [...union.values, limit, offset] }) as unknown as Entry[];
}

/** The same selection without the time that lies beyond the places: SQLite then starts there, whichever bound it chooses. */
function narrow(selection: Selection, lower: Place | undefined, upper: Place | undefined): Selection {
  return {
    ...selection,
    fromUs: Math.max(selection.fromUs, Number(lower?.key ?? 0)),
    untilUs: Math.min(selection.untilUs, Number(upper?.key ?? selection.untilUs) + 1),
  };
}

function compare({ by }: RecordOrder, operator: '<' | '>', { key, id }: Place): Sql {
  return { text: `(${orderColumns[by].column}, id) ${operator} (?, ?)`, values: [key, id] };
}

function reverse({ by, direction }: RecordOrder): RecordOrder {
  return { by, direction: direction === 'ASC' ? 'DESC' : 'ASC' };
}

function toPageRow(queries: Queries, order: RecordOrder, { key, id, number }: Entry): RecordPage['rows'][number] {
  const row = queries.first({ text: 'SELECT * FROM records WHERE number = ?', values: [number] });
  return { record: fromRow(row as RecordRow), cursor: encodeCursor(cursorName(order), [key, id]) };
}

function toPlace(order: RecordOrder, cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return undefined;
  const [key, id] = decodeCursor(cursorName(order), cursor, 2) as [CursorValue, CursorValue];
  const expected = order.by === 'VM' ? 'string' : 'number';
  if (typeof key !== expected || typeof id !== 'string') throw new MemoirError('BAD_CURSOR', 'the cursor is malformed');
  return { key: key as Place['key'], id };
}

function cursorName({ by, direction }: RecordOrder): string {
  return `records ${by} ${direction}`;
}

import { decodeCursor, encodeCursor } from '../domain/cursor.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import type { DumpRecord } from './dump-record.ts';
import type { RecordOrder, RecordPage, RecordPageQuery } from './dump-records.ts';

/** Where a record stands in an order: its key, then its id. */
export interface Place {
  readonly key: string | number;
  readonly id: string;
}

/** Which stretch of the list is read, from one of its ends. */
export interface Reading {
  /** The order in which it is read: the list's, or the opposite one to read the end of the list. */
  readonly order: RecordOrder;
  /** Only what comes after this place, in the reading's order. */
  readonly after?: Place | undefined;
  /** Only what comes before this place, in the reading's order. */
  readonly before?: Place | undefined;
  readonly offset?: number;
  readonly limit: number;
}

interface PageEdges<E> {
  readonly entries: readonly E[];
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
}

/**
 * What has to be read for a page, step by step: yields a reading, takes its entries, returns the page. Whoever runs it reads
 * at once or waits for a server; what a page is, is decided here.
 */
export function* pageSteps<E extends Place>(query: RecordPageQuery): Generator<Reading, PageEdges<E>, readonly E[]> {
  const { order, limit, offset = 0, fromEnd = false } = query;
  const after = toPlace(order, query.after);
  const before = toPlace(order, query.before);
  const opposite = reverse(order);
  // With only an end given, the page is what comes right before it; otherwise it starts behind `after`.
  const backwards = fromEnd || (before !== undefined && after === undefined);
  const found = backwards
    ? yield { order: opposite, after: before, limit: limit + 1 }
    : yield { order, after, before, offset, limit: limit + 1 };
  const more = found.length > limit;
  const entries = found.slice(0, limit);
  if (backwards) entries.reverse();

  const exists = function* (reading: Omit<Reading, 'limit'>): Generator<Reading, boolean, readonly E[]> {
    return (yield { ...reading, limit: 1 }).length > 0;
  };
  const first = entries.at(0);
  const last = entries.at(-1);
  const skipped = after !== undefined || offset > 0;
  let hasPrevious = backwards && more;
  // An empty page has the rest of the list on one side of it.
  if (!backwards && skipped)
    hasPrevious = yield* exists(first === undefined ? { order } : { order: opposite, after: first });
  let hasNext = !backwards && more;
  if (!hasNext && before !== undefined) hasNext = yield* exists({ order, after: last ?? after });
  return { entries, hasNext, hasPrevious };
}

export function toRow(order: RecordOrder, { key, id }: Place, record: DumpRecord): RecordPage['rows'][number] {
  return { record, cursor: encodeCursor(cursorName(order), [key, id]) };
}

/** BAD_CURSOR for one that is not of this list in this order. */
function toPlace(order: RecordOrder, cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return undefined;
  const [key, id] = decodeCursor(cursorName(order), cursor, 2);
  const expected = order.by === 'VM' ? 'string' : 'number';
  if (typeof key !== expected || typeof id !== 'string') throw new MemoirError('BAD_CURSOR', 'the cursor is malformed');
  return { key: key as Place['key'], id };
}

export function reverse({ by, direction }: RecordOrder): RecordOrder {
  return { by, direction: direction === 'ASC' ? 'DESC' : 'ASC' };
}

function cursorName({ by, direction }: RecordOrder): string {
  return `records ${by} ${direction}`;
}

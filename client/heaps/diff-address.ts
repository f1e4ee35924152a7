import type { HeapClassOrder } from '../api/generated/graphql.ts';

/** What of a comparison is shown, as the address has it. */
export interface DiffView {
  readonly search: string;
  readonly order: HeapClassOrder;
  readonly ascending: boolean;
  readonly offset: number;
}

const orders: readonly HeapClassOrder[] = ['NAME', 'NEW', 'GONE', 'COUNT', 'DELTA', 'RETAINED'];

/** What the query part of an address says; whatever makes no sense is as usual. */
export function readDiffView(query: string): DiffView {
  const words = new URLSearchParams(query);
  const offset = Number(words.get('offset') ?? 0);
  return {
    search: (words.get('search') ?? '').slice(0, 200),
    order: orders.find((order) => order === words.get('sort')) ?? 'DELTA',
    ascending: words.get('direction') === 'asc',
    offset: Number.isSafeInteger(offset) && offset > 0 ? offset : 0,
  };
}

/** The same as the query part of an address, without what is as usual. */
export function writeDiffView({ search, order, ascending, offset }: DiffView): string {
  const words = new URLSearchParams();
  if (search !== '') words.set('search', search);
  if (order !== 'DELTA') words.set('sort', order);
  if (ascending) words.set('direction', 'asc');
  if (offset > 0) words.set('offset', String(offset));
  const text = words.toString();
  return text === '' ? '' : `?${text}`;
}

import type { ArgBuilder, InterfaceRef, ObjectRef } from '@pothos/core';
import { decodeCursor, encodeCursor } from '../domain/cursor.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import { builder, type Types } from './builder.ts';

/** Largest page of any list. */
const maxPage = 1000;

export interface Edge<T> {
  readonly cursor: string;
  readonly node: T;
}

export interface Page<T> {
  readonly edges: readonly Edge<T>[];
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
}

/** A list as the schema shows it (Relay's cursor connections): what is not asked for is not fetched. */
export interface Connection<T, Total extends number | null = number> {
  page(): Promise<Page<T>>;
  totalCount(): Promise<Total>;
}

export interface PageArgs {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

export const pageArgs = (t: ArgBuilder<Types>) => ({
  first: t.int({ defaultValue: 50, description: 'How many of the list, from `after` on: 1 to 1000.' }),
  after: t.string({ description: 'Cursor after which the page begins: `endCursor` of the page before it.' }),
  last: t.int({
    description: 'How many of the list, backwards from `before`, or from its end: 1 to 1000. Replaces `first`.',
  }),
  before: t.string({
    description: 'Cursor before which the page ends: `startCursor` of the page after it. Needs `last`.',
  }),
});

/** A page as a list is asked for it. */
export interface PageRange {
  readonly limit: number;
  readonly after?: string;
  readonly before?: string;
  /** The last ones of the whole list. */
  readonly fromEnd: boolean;
}

/** The page arguments as one direction and one size. BAD_INPUT for what makes no sense. */
export function toPage({ first, after, last, before }: PageArgs): PageRange {
  if (before != null && last == null) throw new MemoirError('BAD_INPUT', '`before` needs `last`');
  if (after != null && last != null) throw new MemoirError('BAD_INPUT', 'after and last exclude each other');
  if (after != null && before != null) throw new MemoirError('BAD_INPUT', 'after and before exclude each other');
  const limit = last ?? first ?? 50;
  if (limit < 1 || limit > maxPage) {
    throw new MemoirError('BAD_INPUT', `${last == null ? 'first' : 'last'} must be 1 to ${maxPage}, not ${limit}`);
  }
  const fromEnd = last != null && before == null;
  return { limit, fromEnd, ...(after == null ? {} : { after }), ...(before == null ? {} : { before }) };
}

/** A cursor that is nothing but an id of the list. */
export const idCursor = (order: string, id: string): string => encodeCursor(order, [id]);

export function fromIdCursor(order: string, cursor: string): string {
  const [id] = decodeCursor(order, cursor, 1);
  if (typeof id !== 'string') throw new MemoirError('BAD_CURSOR', 'the cursor is malformed');
  return id;
}

const PageInfo = builder.objectRef<Page<unknown>>('PageInfo').implement({
  description: 'Where a page lies in its list.',
  fields: (t) => ({
    hasNextPage: t.boolean({ description: 'Whether something follows the page.', resolve: (page) => page.hasNext }),
    hasPreviousPage: t.boolean({
      description: 'Whether something precedes the page.',
      resolve: (page) => page.hasPrevious,
    }),
    startCursor: t.string({
      nullable: true,
      description: 'Cursor of the first one; null for an empty page.',
      resolve: (page) => page.edges[0]?.cursor ?? null,
    }),
    endCursor: t.string({
      nullable: true,
      description: 'Cursor of the last one; null for an empty page.',
      resolve: (page) => page.edges.at(-1)?.cursor ?? null,
    }),
  }),
});

/** The connection type of a node type. `C` may carry more than a connection; its own fields are added by the caller. */
export function connectionType<T extends object, C extends Connection<T, number | null>>(
  name: string,
  node: InterfaceRef<Types, T> | ObjectRef<Types, T>,
  things: string,
  /** Whether it may be that the total is not known. */
  totals: 'ALWAYS_KNOWN' | 'MAY_BE_UNKNOWN' = 'ALWAYS_KNOWN',
) {
  const EdgeType = builder.objectRef<Edge<T>>(`${name}Edge`).implement({
    description: `One of the ${things}, with its place in the list.`,
    fields: (t) => ({
      cursor: t.exposeString('cursor', { description: 'Its place in the list, for `after` or `before`.' }),
      node: t.field({ type: node as never, description: 'The item.', resolve: (edge) => edge.node as never }),
    }),
  });
  const ref = builder.objectRef<C>(`${name}Connection`);
  ref.implement({
    description: `A page of the ${things}, and how many there are in all.`,
    fields: (t) => ({
      edges: t.field({
        type: [EdgeType],
        description: 'The page, with cursors.',
        resolve: async (connection) => [...(await connection.page()).edges],
      }),
      nodes: t.field({
        type: [node] as never,
        description: 'The page, without cursors.',
        resolve: async (connection) => (await connection.page()).edges.map((edge) => edge.node) as never,
      }),
      pageInfo: t.field({
        type: PageInfo,
        description: 'Where the page lies in the list.',
        resolve: (connection) => connection.page(),
      }),
      totalCount: t.int({
        nullable: totals === 'MAY_BE_UNKNOWN',
        description: `How many the whole list has, whatever the page${totals === 'MAY_BE_UNKNOWN' ? '; null where it could not be counted, with a warning' : ''}.`,
        resolve: (connection) => connection.totalCount() as Promise<number>,
      }),
    }),
  });
  return ref;
}

/** Calls once, on first need; every later call gets the same promise. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}

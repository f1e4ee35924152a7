import type { OperationQuery } from '../operations/journal.ts';
import type { Operation } from '../operations/operation.ts';
import { type Connection, fromIdCursor, idCursor, once, type PageArgs, toPage } from './connection.ts';
import type { Services } from './services.ts';

/** Comes after every operation of a list that begins with the newest. */
const oldestId = '00000000-0000-0000-0000-000000000000';

/** Operations that match, newest first, as a connection. `order` names the list in its cursors. */
export function listOperations(
  { operations }: Services,
  order: string,
  filter: Pick<OperationQuery, 'kind' | 'states' | 'subjects'>,
  args: PageArgs,
): Connection<Operation> {
  const { limit, after, before, fromEnd } = toPage(args);
  const query: OperationQuery = {
    ...filter,
    limit,
    ...(after === undefined ? {} : { afterId: fromIdCursor(order, after) }),
    ...(before === undefined ? {} : { beforeId: fromIdCursor(order, before) }),
    ...(fromEnd ? { beforeId: oldestId } : {}),
  };
  const load = once(() => operations.page(query));
  return {
    page: async () => {
      const page = await load();
      const edges = page.operations.map((node) => ({ node, cursor: idCursor(order, node.id) }));
      return { ...page, edges, hasNext: page.hasNext && !fromEnd };
    },
    totalCount: async () => (await load()).totalCount,
  };
}

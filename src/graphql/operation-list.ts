import type { OperationQuery } from '../operations/journal.ts';
import type { Operation } from '../operations/operation.ts';
import { type Connection, fromIdCursor, idCursor, once, type PageArgs, toPage } from './connection.ts';
import type { Services } from './context.ts';

/** Operations that match, newest first, as a connection. `order` names the list in its cursors. */
export function listOperations(
  { operations }: Services,
  order: string,
  filter: Pick<OperationQuery, 'kind' | 'states' | 'subjects'>,
  args: PageArgs,
): Connection<Operation> {
  const { limit, after, before } = toPage(args);
  const query: OperationQuery = {
    ...filter,
    limit,
    ...(after === undefined ? {} : { afterId: fromIdCursor(order, after) }),
    ...(before === undefined ? {} : { beforeId: fromIdCursor(order, before) }),
  };
  const load = once(() => operations.page(query));
  return {
    page: async () => {
      const page = await load();
      return { ...page, edges: page.operations.map((node) => ({ node, cursor: idCursor(order, node.id) })) };
    },
    totalCount: async () => (await load()).totalCount,
  };
}

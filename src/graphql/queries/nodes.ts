import { MemoirError } from '../../domain/memoir-error.ts';
import { builder } from '../builder.ts';
import type { RequestContext } from '../context.ts';
import { NodeInterface, type NodeValue } from '../types/node.ts';

/** Most ids of one request. */
const maxIds = 1000;

builder.queryField('node', (t) =>
  t.field({
    type: NodeInterface,
    nullable: true,
    description: 'The machine or operation of an id; null if there is none.',
    args: { id: t.arg.id({ required: true, description: 'Its UUID.' }) },
    resolve: (_, { id }, context) => find(context, id),
  }),
);

builder.queryField('nodes', (t) =>
  t.field({
    type: [NodeInterface],
    nullable: { list: true, items: true },
    description: 'The machines and operations of some ids, in their order; null for each that there is not.',
    args: { ids: t.arg.idList({ required: true, description: 'Their UUIDs, at most 1000.' }) },
    extensions: { pageLength: ({ ids }: { ids?: unknown }) => (Array.isArray(ids) ? ids.length : 1) },
    resolve: (_, { ids }, context) => {
      if (ids.length > maxIds) throw new MemoirError('BAD_INPUT', `ids has more than ${maxIds} entries`);
      return ids.map((id) => find(context, id));
    },
  }),
);

/** Operations are asked first: their ids are the journal's, which answers without the hypervisor. */
async function find({ loaders }: RequestContext, id: string): Promise<NodeValue | null> {
  return (await loaders.operation.load(id)) ?? loaders.machine.load(id);
}

import type { Machine } from '../../machines/machine.ts';
import type { Operation } from '../../operations/operation.ts';
import { builder } from '../builder.ts';
import { kindNameOf, operationKinds } from '../operation-kinds.ts';

/** A machine or an operation: what has an identity of its own. A record shares its dump's, and is reached from there. */
export type NodeValue = Machine | Operation;

export const NodeInterface = builder.interfaceRef<NodeValue>('Node').implement({
  description: 'Something with an identity of its own: a UUID, as scripts, files and events carry it.',
  resolveType: (value) => ('subjects' in value ? operationKinds[kindNameOf(value.kind)].type : 'Vm'),
  fields: (t) => ({ id: t.exposeID('id', { description: 'Its UUID.' }) }),
});

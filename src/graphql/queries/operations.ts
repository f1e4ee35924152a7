import type { Operation } from '../../operations/operation.ts';
import { builder, failsAlone } from '../builder.ts';
import { type Connection, connectionType, pageArgs } from '../connection.ts';
import { OperationKindEnum, OperationStateEnum } from '../enums.ts';
import { listOperations } from '../operation-list.ts';
import { OperationInterface } from '../types/operation.ts';

const OperationConnection = connectionType<Operation, Connection<Operation>>(
  'Operation',
  OperationInterface,
  'operations',
);

builder.queryField('operations', (t) =>
  t.field({
    type: OperationConnection,
    ...failsAlone,
    description: 'Operations of every kind and in every state, newest first.',
    args: {
      ...pageArgs(t.arg),
      kind: t.arg({ type: OperationKindEnum, description: 'Only operations of this kind.' }),
      states: t.arg({ type: [OperationStateEnum], description: 'Only operations in one of these states.' }),
    },
    resolve: (_, { kind, states, ...args }, { services }) => {
      const filter = { ...(kind == null ? {} : { kind }), ...(states == null ? {} : { states }) };
      return listOperations(services, 'operations', filter, args);
    },
  }),
);

builder.queryField('operation', (t) =>
  t.field({
    type: OperationInterface,
    nullable: true,
    description: 'One operation of any kind; null if there is none of that id.',
    args: { id: t.arg.id({ required: true, description: 'The operation’s id.' }) },
    resolve: (_, { id }, { loaders }) => loaders.operation.load(id),
  }),
);

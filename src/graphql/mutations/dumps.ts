import { builder } from '../builder.ts';
import { DumpType } from '../types/dump.ts';
import { OperationType } from '../types/operation.ts';

builder.mutationField('cancelDump', (t) =>
  t.field({
    type: DumpType,
    description: 'Asks for a dump’s end; answers when the wish is durable. ALREADY_FINISHED if it is over.',
    args: { id: t.arg.id({ required: true, description: 'The dump’s id.' }) },
    resolve: (_, { id }, { services, actor }) => services.dumps.cancel(id, actor.name),
  }),
);

builder.mutationField('deleteDump', (t) =>
  t.field({
    type: DumpType,
    description: 'Deletes a completed dump’s artifact and its manifest for good; the record stays and says so.',
    authScopes: { role: 'ADMIN' },
    args: { id: t.arg.id({ required: true, description: 'The dump’s id.' }) },
    resolve: (_, { id }, { services, actor }) => services.dumps.remove(id, actor.name),
  }),
);

builder.mutationField('reindex', (t) =>
  t.field({
    type: OperationType,
    description:
      'Starts an operation that rebuilds the catalogue from the manifests beside the artifacts: after a database was lost, or artifacts were copied here. What is known stays as it is.',
    authScopes: { role: 'ADMIN' },
    resolve: (_, __, { services, actor }) => services.dumps.reindex(actor.name),
  }),
);

builder.mutationField('verifyDump', (t) =>
  t.field({
    type: OperationType,
    description: 'Starts an operation that reads a completed dump’s artifact back and compares it with its digests.',
    args: { id: t.arg.id({ required: true, description: 'The dump’s id.' }) },
    resolve: (_, { id }, { services, actor }) => services.dumps.verify(id, actor.name),
  }),
);

import type { UnwantedArtifacts } from '../../dumps/artifact-tidy.ts';
import type { Operation } from '../../operations/operation.ts';
import { builder, failsAlone } from '../builder.ts';
import { attempt, payloadType } from '../payload.ts';
import { DumpType } from '../types/dump.ts';
import { ReindexType, VerificationType } from '../types/operation-types.ts';
import { UnwantedArtifactsType } from '../types/unwanted-artifacts.ts';

type Changed = { readonly dump: Operation };
type Started = { readonly operation: Operation };

const CancelDumpPayload = payloadType<Changed>('CancelDumpPayload', 'Result of the cancellation.', (t) => ({
  dump: t.expose('dump', { type: DumpType, nullable: true, description: 'The dump, which ends soon.' }),
}));

builder.mutationField('cancelDump', (t) =>
  t.field({
    type: CancelDumpPayload,
    ...failsAlone,
    description: 'Cancels a dump; answers when the request is durable. ALREADY_FINISHED if it is over.',
    args: { id: t.arg.id({ required: true, description: 'The dump’s id.' }) },
    resolve: attempt(async ({ id }: { id: string }, { services, actor }) => ({
      dump: await services.dumps.cancel(id, actor.name),
    })),
  }),
);

const DeleteDumpPayload = payloadType<Changed>('DeleteDumpPayload', 'Result of the deletion.', (t) => ({
  dump: t.expose('dump', { type: DumpType, nullable: true, description: 'The dump, whose record stays.' }),
}));

builder.mutationField('deleteDump', (t) =>
  t.field({
    type: DeleteDumpPayload,
    ...failsAlone,
    description: 'Deletes a completed dump’s artifact and its manifest for good; the record stays and says so.',
    authScopes: { role: 'ADMIN' },
    skipTypeScopes: true,
    args: { id: t.arg.id({ required: true, description: 'The dump’s id.' }) },
    resolve: attempt(async ({ id }: { id: string }, { services, actor }) => ({
      dump: await services.dumps.remove(id, actor.name),
    })),
  }),
);

const ReindexPayload = payloadType<Started>('ReindexPayload', 'The operation that was started.', (t) => ({
  operation: t.expose('operation', {
    type: ReindexType,
    nullable: true,
    description: 'The operation: follow it with operationProgress.',
  }),
}));

builder.mutationField('reindex', (t) =>
  t.field({
    type: ReindexPayload,
    ...failsAlone,
    description:
      'Starts an operation that rebuilds the catalogue from the manifests beside the artifacts: after a database was lost, or artifacts were copied here. What is known stays as it is.',
    authScopes: { role: 'ADMIN' },
    skipTypeScopes: true,
    resolve: attempt(async (_: object, { services, actor }) => ({
      operation: await services.dumps.reindex(actor.name),
    })),
  }),
);

type Removed = { readonly removed: UnwantedArtifacts };

const RemoveUnwantedPayload = payloadType<Removed>('RemoveUnwantedArtifactsPayload', 'Result of the removal.', (t) => ({
  removed: t.expose('removed', {
    type: UnwantedArtifactsType,
    nullable: true,
    description: 'What was removed.',
  }),
}));

builder.mutationField('removeUnwantedArtifacts', (t) =>
  t.field({
    type: RemoveUnwantedPayload,
    ...failsAlone,
    description:
      'Removes for good every artifact of which there is no record (see ServiceInfo.unwantedArtifacts). Run `reindex` instead if the database was lost.',
    authScopes: { role: 'ADMIN' },
    skipTypeScopes: true,
    resolve: attempt(async (_: object, { services }) => ({ removed: await services.dumps.removeUnwanted() })),
  }),
);

const VerifyDumpPayload = payloadType<Started>('VerifyDumpPayload', 'The operation that was started.', (t) => ({
  operation: t.expose('operation', {
    type: VerificationType,
    nullable: true,
    description: 'The operation: follow it with operationProgress.',
  }),
}));

builder.mutationField('verifyDump', (t) =>
  t.field({
    type: VerifyDumpPayload,
    ...failsAlone,
    description: 'Starts an operation that reads a completed dump’s artifact back and compares it with its digests.',
    args: { id: t.arg.id({ required: true, description: 'The dump’s id.' }) },
    resolve: attempt(async ({ id }: { id: string }, { services, actor }) => ({
      operation: await services.dumps.verify(id, actor.name),
    })),
  }),
);

import { dumpType, verifyType } from '../../dumps/operation-types.ts';
import type { Operation } from '../../operations/operation.ts';
import { builder } from '../builder.ts';
import { OperationKindEnum, OperationStateEnum } from '../enums.ts';
import { kindNameOf, operationKinds } from '../operation-kinds.ts';
import { DumpType } from './dump.ts';
import { NodeInterface } from './node.ts';
import { OperationErrorType } from './operation-error.ts';
import { ProgressType, progressOf } from './progress.ts';

export const OperationInterface = builder.interfaceRef<Operation>('Operation');

/** The dump that an operation is about: itself, or the one whose artifact it reads. */
function aboutDump(operation: Operation): string | null {
  if (operation.kind === dumpType.name) return operation.id;
  return operation.kind === verifyType.name ? verifyType.requestOf(operation).dumpId : null;
}

OperationInterface.implement({
  description: 'An operation of any kind.',
  interfaces: [NodeInterface],
  resolveType: ({ kind }) => operationKinds[kindNameOf(kind)].type,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Identity; sorts by the time of acceptance.' }),
    kind: t.field({
      type: OperationKindEnum,
      description: 'What kind of work.',
      resolve: ({ kind }) => kindNameOf(kind),
    }),
    subject: t.exposeString('subject', {
      description: 'What it is about: `vm:<uuid>`, say; the first of its subjects.',
    }),
    subjects: t.stringList({
      description: 'All that it excludes other operations from while it is active.',
      extensions: { length: 4 },
      resolve: ({ subjects }) => [...subjects],
    }),
    host: t.exposeString('host', { description: 'The host whose server works on it.' }),
    state: t.expose('state', { type: OperationStateEnum, description: 'State.' }),
    phase: t.exposeString('phase', {
      nullable: true,
      description: 'Current phase, or the phase in which it ended.',
    }),
    message: t.exposeString('message', { description: 'Status in one sentence.' }),
    actor: t.exposeString('actor', { description: 'Who requested it: a token’s name, or `local`.' }),
    createdAt: t.expose('createdAtMs', { type: 'DateTime', description: 'When it was requested.' }),
    startedAt: t.expose('startedAtMs', { type: 'DateTime', nullable: true, description: 'When it started.' }),
    finishedAt: t.expose('finishedAtMs', { type: 'DateTime', nullable: true, description: 'When it ended.' }),
    cancelRequested: t.exposeBoolean('cancelRequested', {
      description: 'Somebody asked for its end; it is still active until it has cleaned up.',
    }),
    progress: t.field({
      type: ProgressType,
      nullable: true,
      description: 'Progress; null before the first byte and after the end.',
      resolve: (operation, _, { services }) => progressOf(services.operations.live(operation)),
    }),
    error: t.expose('error', {
      type: OperationErrorType,
      nullable: true,
      description: 'Why it failed; null otherwise.',
    }),
    dump: t.field({
      type: DumpType,
      nullable: true,
      description: 'The dump that it is, or that it verifies; null for any other.',
      resolve: (operation, _, { loaders }) => {
        const id = aboutDump(operation);
        if (id === operation.id) return operation;
        return id === null ? null : loaders.operation.load(id);
      },
    }),
  }),
});

import { syncSummaryOf } from '../../dumps/record-sync/sync-kind.ts';
import type { Operation } from '../../operations/operation.ts';
import { builder } from '../builder.ts';
import { OperationStateEnum } from '../enums.ts';
import { asDump, DumpType } from './dump.ts';
import { OperationErrorType } from './operation-error.ts';
import { ProgressType, progressOf } from './progress.ts';
import { RecordsSyncType } from './records-sync.ts';
import { ReindexReportType, reindexReportOf } from './reindex-report.ts';

export const OperationType = builder.objectRef<Operation>('Operation').implement({
  description: 'One piece of work with a life, of any kind.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Identity; sorts by the time of acceptance.' }),
    kind: t.exposeString('kind', { description: 'What kind of work: DUMP, VERIFY, RECORDS_SYNC, and others to come.' }),
    subject: t.exposeString('subject', {
      description: 'What it is about: `vm:<uuid>`, say; the first of its subjects.',
    }),
    subjects: t.stringList({
      description: 'All that it excludes other operations from while it is active.',
      extensions: { length: 4 },
      resolve: ({ subjects }) => [...subjects],
    }),
    host: t.exposeString('host', { description: 'The host whose server works on it.' }),
    state: t.expose('state', { type: OperationStateEnum, description: 'Where it is in its life.' }),
    phase: t.exposeString('phase', {
      nullable: true,
      description: 'The named stage that it is in, or was in when it ended.',
    }),
    message: t.exposeString('message', { description: 'How things stand, in one sentence.' }),
    actor: t.exposeString('actor', { description: 'Who asked for it: a token’s name, or `local`.' }),
    createdAt: t.expose('createdAtMs', { type: 'DateTime', description: 'When it was accepted.' }),
    startedAt: t.expose('startedAtMs', { type: 'DateTime', nullable: true, description: 'When it began to run.' }),
    finishedAt: t.expose('finishedAtMs', { type: 'DateTime', nullable: true, description: 'When it ended.' }),
    cancelRequested: t.exposeBoolean('cancelRequested', {
      description: 'Somebody asked for its end; it is still active until it has cleaned up.',
    }),
    progress: t.field({
      type: ProgressType,
      nullable: true,
      description: 'How far it is; null before its first byte and after its end.',
      resolve: (operation, _, { services }) => progressOf(services.operations.live(operation)),
    }),
    error: t.expose('error', {
      type: OperationErrorType,
      nullable: true,
      description: 'Why it ended without a result; null for any other.',
    }),
    reindexReport: t.field({
      type: ReindexReportType,
      nullable: true,
      description: 'What it found, if it is a finished REINDEX.',
      resolve: reindexReportOf,
    }),
    dump: t.field({
      type: DumpType,
      nullable: true,
      description: 'The dump, if it is one.',
      resolve: (operation) => asDump(operation),
    }),
    recordsSync: t.field({
      type: RecordsSyncType,
      nullable: true,
      description: 'What a completed RECORDS_SYNC found and did; null for any other.',
      resolve: syncSummaryOf,
    }),
  }),
});

import { verifyType } from '../../dumps/operation-types.ts';
import { syncSummaryOf } from '../../dumps/record-sync/sync-kind.ts';
import type { Operation } from '../../operations/operation.ts';
import { builder } from '../builder.ts';
import { NodeInterface } from './node.ts';
import { OperationInterface } from './operation.ts';
import { RecordSyncSummaryType } from './record-sync-summary.ts';
import { ReindexReportType, reindexReportOf } from './reindex-report.ts';

export const VerificationType = builder.objectRef<Operation>('Verification').implement({
  description: 'The operation that reads an artifact back and compares it with its digests.',
  interfaces: [NodeInterface, OperationInterface],
  fields: (t) => ({
    intact: t.boolean({
      nullable: true,
      description: 'Whether the artifact is intact: its checksum matches. Null before it is completed.',
      resolve: (operation) => verifyType.resultOf(operation)?.intact ?? null,
    }),
    damage: t.string({
      nullable: true,
      description: 'What is wrong with the artifact; null if it is intact or not examined yet.',
      resolve: (operation) => verifyType.resultOf(operation)?.damage ?? null,
    }),
  }),
});

export const ReindexType = builder.objectRef<Operation>('Reindex').implement({
  description: 'The operation that rebuilds the catalogue from the manifests.',
  interfaces: [NodeInterface, OperationInterface],
  fields: (t) => ({
    report: t.field({
      type: ReindexReportType,
      nullable: true,
      description: 'What it found; null before it is completed.',
      resolve: reindexReportOf,
    }),
  }),
});

export const RecordSyncType = builder.objectRef<Operation>('RecordSync').implement({
  description: 'The operation that brings the catalogue and InfluxDB together.',
  interfaces: [NodeInterface, OperationInterface],
  fields: (t) => ({
    summary: t.field({
      type: RecordSyncSummaryType,
      nullable: true,
      description: 'What it found and did; null before it is completed.',
      resolve: syncSummaryOf,
    }),
  }),
});

builder.objectRef<Operation>('OtherOperation').implement({
  description: 'An operation of a kind that this version does not know.',
  interfaces: [NodeInterface, OperationInterface],
});

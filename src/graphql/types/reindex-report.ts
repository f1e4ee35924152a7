import { type ReindexResult, reindexType } from '../../dumps/operation-types.ts';
import type { Operation } from '../../operations/operation.ts';
import { builder } from '../builder.ts';

const ManifestFaultType = builder.objectRef<ReindexResult['faults'][number]>('ManifestFault').implement({
  description: 'A manifest that did not enter the catalogue.',
  fields: (t) => ({
    location: t.exposeString('location', { description: 'The artifact that it lies beside.' }),
    reason: t.exposeString('reason', { description: 'What is wrong with it.' }),
  }),
});

export const ReindexReportType = builder.objectRef<ReindexResult>('ReindexReport').implement({
  description: 'What a rebuilding of the catalogue found.',
  fields: (t) => ({
    found: t.exposeInt('found', { description: 'Artifacts with a manifest.' }),
    added: t.exposeInt('added', { description: 'Those that were not in the catalogue, and are now.' }),
    known: t.exposeInt('known', { description: 'Those that were; they stay as they are.' }),
    broken: t.exposeInt('broken', { description: 'Artifacts whose manifest is damaged or does not match.' }),
    faults: t.field({
      type: [ManifestFaultType],
      description: 'The first hundred of the broken ones.',
      extensions: { length: 100 },
      resolve: ({ faults }) => [...faults],
    }),
  }),
});

export function reindexReportOf(operation: Operation): ReindexResult | null {
  return operation.kind === reindexType.name ? reindexType.resultOf(operation) : null;
}

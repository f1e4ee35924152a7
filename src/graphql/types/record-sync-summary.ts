import type { SyncSummary } from '../../records/record-sync.ts';
import { builder } from '../builder.ts';

export const RecordSyncSummaryType = builder.objectRef<SyncSummary>('RecordSyncSummary').implement({
  description: 'What a synchronisation of catalogue and InfluxDB found and did.',
  fields: (t) => ({
    dryRun: t.exposeBoolean('dryRun', { description: 'Nothing was changed: it is what would have been done.' }),
    records: t.exposeInt('records', { description: 'Records of the catalogue that were compared.' }),
    points: t.exposeInt('points', { description: 'Points of InfluxDB that were compared.' }),
    written: t.exposeInt('written', { description: 'Records that InfluxDB lacked and was given.' }),
    corrected: t.exposeInt('corrected', {
      description: 'Points whose artifact’s state was not the catalogue’s, and is now.',
    }),
    imported: t.exposeInt('imported', {
      description: 'Points of other writers that the catalogue lacked and was given.',
    }),
    elsewhere: t.exposeInt('elsewhere', {
      description: 'Points of other hosts’ servers, which are in the catalogues of those.',
    }),
    kept: t.exposeInt('kept', {
      description:
        'Records that were imported once and that InfluxDB no longer shows. They stay in the catalogue and are not written back.',
    }),
    refused: t.exposeInt('refused', { description: 'Records that InfluxDB refused for what they are.' }),
    refusal: t.exposeString('refusal', { nullable: true, description: 'What it said of the first of them.' }),
  }),
});

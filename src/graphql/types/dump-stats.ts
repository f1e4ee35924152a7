import type { RecordDay, RecordSeries, RecordStats } from '../../records/dump-records.ts';
import { builder } from '../builder.ts';
import { RecordSourceEnum } from '../enums.ts';

const DumpDayType = builder.objectRef<RecordDay>('DumpDay').implement({
  description: 'The dumps of one day, in UTC.',
  fields: (t) => ({
    day: t.expose('dayMs', { type: 'DateTime', description: 'The day’s midnight.' }),
    dumps: t.exposeInt('dumps', { description: 'How many dumps were committed.' }),
    sizeBytes: t.expose('sizeBytes', { type: 'ByteCount', description: 'Size of their artifacts together.' }),
    avgDurationSec: t.exposeFloat('avgDurationSec', { description: 'Mean duration in seconds.' }),
    avgGuestPauseMs: t.exposeFloat('avgGuestPauseMs', {
      nullable: true,
      description: 'Mean pause of the guests in milliseconds; null when no dump of the day knows its pause.',
    }),
  }),
});

/** The measures, and the series, which is fetched only if it is asked for. */
export interface StatsWithSeries extends RecordStats {
  series(): Promise<RecordSeries>;
  /** The series if requested explicitly, else null. */
  askedSeries(): Promise<RecordSeries> | null;
}

export const DumpStatsType = builder.objectRef<StatsWithSeries>('DumpStats').implement({
  description:
    'Statistics of the records, each computed separately: one that could not be computed is null, with a warning.',
  fields: (t) => ({
    totalDumps: t.exposeInt('totalDumps', { nullable: true, description: 'How many dumps there are.' }),
    totalVms: t.exposeInt('totalVms', { nullable: true, description: 'How many different machines they show.' }),
    totalSizeBytes: t.expose('totalSizeBytes', {
      type: 'ByteCount',
      nullable: true,
      description: 'Size of their artifacts together.',
    }),
    avgDurationSec: t.exposeFloat('avgDurationSec', { nullable: true, description: 'Mean duration in seconds.' }),
    lastDump: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the newest was committed; null also when there is none.',
      resolve: (stats) => (stats.lastDumpUs === null ? null : stats.lastDumpUs / 1000),
    }),
    days: t.field({
      type: [DumpDayType],
      description:
        'Day by day, oldest first; days without a dump are left out. Where another store than `source` answered, a warning says so.',
      resolve: async (stats) => [...(await stats.series()).days],
    }),
    source: t.expose('source', { type: RecordSourceEnum, description: 'Which store the answer came from.' }),
    warnings: t.field({
      type: ['String'],
      description: 'Warnings about this answer.',
      resolve: async (stats) => {
        // By then every field of the selection has asked for what it needs.
        const series = await Promise.resolve().then(() => stats.askedSeries());
        return [...new Set([...stats.warnings, ...(series?.warnings ?? [])])];
      },
    }),
  }),
});

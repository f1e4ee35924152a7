import type { DumpRecord } from '../../records/dump-record.ts';
import type {
  RecordFilter,
  RecordMachine,
  RecordMachines,
  RecordOrder,
  RecordPage,
  RecordSeries,
  Sourced,
} from '../../records/dump-records.ts';
import { builder, failsAlone } from '../builder.ts';
import { type Connection, connectionType, once, pageArgs, toPage } from '../connection.ts';
import { DumpRecordSortEnum, RecordSourceEnum, RecordStateEnum, SortDirectionEnum } from '../enums.ts';
import { DumpRecordType } from '../types/dump-record.ts';
import { DumpStatsType } from '../types/dump-stats.ts';

const DumpRecordFilter = builder.inputType('DumpRecordFilter', {
  description: 'Which records: all conditions hold together, an absent one does not restrict.',
  fields: (t) => ({
    vms: t.stringList({ description: 'Of these machines: exact name, vmid or UUID.' }),
    search: t.string({
      description: 'With this in the machine’s name or in the hash, in any case; at most 200 characters, no wildcards.',
    }),
    from: t.field({ type: 'DateTime', description: 'Committed at this moment or later.' }),
    until: t.field({ type: 'DateTime', description: 'Committed before this moment.' }),
    states: t.field({ type: [RecordStateEnum], description: 'Whose artifact is in one of these states.' }),
  }),
});

const DumpRecordOrder = builder.inputType('DumpRecordOrder', {
  description: 'How records are sorted.',
  fields: (t) => ({
    by: t.field({ type: DumpRecordSortEnum, required: true, defaultValue: 'TIME', description: 'By what.' }),
    direction: t.field({
      type: SortDirectionEnum,
      required: true,
      defaultValue: 'DESC',
      description: 'Sort direction.',
    }),
  }),
});

interface RecordConnection extends Connection<DumpRecord, number | null> {
  sourced(): Promise<RecordPage>;
  /** Why there is no total; nothing if there is one, or if nobody asked. */
  totalWarnings(): Promise<readonly string[]>;
}

const DumpRecordConnection = connectionType<DumpRecord, RecordConnection>(
  'DumpRecord',
  DumpRecordType,
  'records',
  'MAY_BE_UNKNOWN',
);

builder.objectFields(DumpRecordConnection, (t) => ({
  source: t.field({
    type: RecordSourceEnum,
    description: 'Which store the answer came from.',
    resolve: async (connection) => (await connection.sourced()).source,
  }),
  warnings: t.field({
    type: ['String'],
    description: 'Warnings about this answer.',
    resolve: async (connection) => {
      const { warnings } = await connection.sourced();
      // By now every other field of the selection has asked for what it needs.
      return [...warnings, ...(await connection.totalWarnings())];
    },
  }),
}));

builder.queryField('dumpRecords', (t) =>
  t.field({
    type: DumpRecordConnection,
    ...failsAlone,
    description: 'The records of finished dumps.',
    args: {
      filter: t.arg({ type: DumpRecordFilter, description: 'Which; all if absent.' }),
      orderBy: t.arg({ type: DumpRecordOrder, description: 'How they are sorted; newest first if absent.' }),
      ...pageArgs(t.arg),
      offset: t.arg.int({
        description: 'How many to skip from the start of the list, or from `after`. Cursors are faster.',
      }),
    },
    resolve: (_, args, { services: { records } }): RecordConnection => {
      const filter = toFilter(args.filter);
      const order: RecordOrder = args.orderBy ?? { by: 'TIME', direction: 'DESC' };
      const offset = args.offset == null ? {} : { offset: args.offset };
      const query = { filter, order, ...toPage(args), ...offset };
      let isPageAsked = false;
      const sourced = once(() => {
        isPageAsked = true;
        return records.page(query);
      });
      let isTotalAsked = false;
      const counted = once(async () => {
        const count = await records.count(filter);
        // By now every other field of the selection has been asked. A total alone needs no page.
        if (!isPageAsked) return count;
        const page = await sourced();
        // The total of one store over the rows of another would be a lie: "1 to 50 of 17".
        if (isOfCatalogue(count) === isOfCatalogue(page)) {
          // Why it is the catalogue's, the page says already, in its own milliseconds.
          return isOfCatalogue(page) && page.warnings.length > 0 ? { ...count, warnings: [] } : count;
        }
        const reasons =
          count.warnings.length > 0 ? count.warnings : ['The total comes from another store than the page.'];
        return { total: null, warnings: reasons.map((reason) => `The total is not shown. ${reason}`) };
      });
      return {
        sourced,
        page: async () => {
          const page = await sourced();
          return { ...page, edges: page.rows.map(({ record, cursor }) => ({ node: record, cursor })) };
        },
        async totalCount() {
          isTotalAsked = true;
          return (await counted()).total;
        },
        async totalWarnings() {
          if (!isTotalAsked) return [];
          const [{ warnings }, page] = await Promise.all([counted(), sourced()]);
          return warnings.filter((warning) => !page.warnings.includes(warning));
        },
      };
    },
  }),
);

const RecordMachineType = builder.objectRef<RecordMachine>('RecordMachine').implement({
  description: 'A machine that has records; it may no longer exist.',
  fields: (t) => ({
    machineId: t.exposeID('machineId', {
      description: 'The hypervisor’s id; `dom:NAME` where another writer’s points name none.',
    }),
    name: t.exposeString('dom', { description: 'The name that it was recorded under last.' }),
    vmid: t.exposeString('vmid', { description: 'The number that it was recorded under last.' }),
    dumps: t.exposeInt('dumps', { description: 'How many records it has.' }),
    lastDump: t.field({
      type: 'DateTime',
      description: 'When the newest of them was committed.',
      resolve: ({ lastDumpUs }) => lastDumpUs / 1000,
    }),
  }),
});

builder.queryField('recordMachines', (t) =>
  t.field({
    type: [RecordMachineType],
    ...failsAlone,
    deprecationReason: 'Use recordedMachines, which says which store its answer came from.',
    description:
      'Which machines InfluxDB knows from records (without one, or while it is away, this server’s catalogue), also those that are gone: those that were dumped last come first, at most 5000.',
    args: { filter: t.arg({ type: DumpRecordFilter, description: 'Of which records; all if absent.' }) },
    resolve: async (_, args, { services }) => [...(await services.records.machines(toFilter(args.filter))).machines],
  }),
);

const RecordedMachinesType = builder.objectRef<RecordMachines>('RecordedMachines').implement({
  description: 'The machines that have records.',
  fields: (t) => ({
    nodes: t.field({
      type: [RecordMachineType],
      description: 'Those that were dumped last come first; at most 5000.',
      resolve: ({ machines }) => [...machines],
    }),
    source: t.expose('source', { type: RecordSourceEnum, description: 'Which store the answer came from.' }),
    warnings: t.field({
      type: ['String'],
      description: 'Warnings about this answer.',
      resolve: ({ warnings }) => [...warnings],
    }),
  }),
});

builder.queryField('recordedMachines', (t) =>
  t.field({
    type: RecordedMachinesType,
    ...failsAlone,
    description:
      'Which machines InfluxDB knows from records (without one, or while it is away, this server’s catalogue), also those that are gone.',
    args: { filter: t.arg({ type: DumpRecordFilter, description: 'Of which records; all if absent.' }) },
    resolve: (_, args, { services }) => services.records.machines(toFilter(args.filter)),
  }),
);

builder.queryField('dumpRecord', (t) =>
  t.field({
    type: DumpRecordType,
    nullable: true,
    description: 'One record; null if there is none of that id.',
    args: { id: t.arg.id({ required: true, description: 'The record’s id, which is that of its dump.' }) },
    resolve: (_, { id }, { loaders }) => loaders.record.load(id),
  }),
);

builder.queryField('dumpStats', (t) =>
  t.field({
    type: DumpStatsType,
    ...failsAlone,
    description: 'Statistics of the records.',
    args: { filter: t.arg({ type: DumpRecordFilter, description: 'Of which records; all if absent.' }) },
    resolve: async (_, args, { services }) => {
      const filter = toFilter(args.filter);
      let series: Promise<RecordSeries> | null = null;
      return {
        ...(await services.records.stats(filter)),
        series() {
          series ??= services.records.series(filter);
          return series;
        },
        askedSeries: () => series,
      };
    },
  }),
);

const isOfCatalogue = ({ source }: Sourced): boolean => source === 'CATALOGUE';

function toFilter(input: (typeof DumpRecordFilter)['$inferInput'] | null | undefined): RecordFilter {
  const { vms, search, from, until, states } = input ?? {};
  return {
    ...(vms == null ? {} : { vms }),
    ...(search == null ? {} : { search }),
    ...(from == null ? {} : { fromUs: Math.round(from * 1000) }),
    ...(until == null ? {} : { untilUs: Math.round(until * 1000) }),
    ...(states == null ? {} : { states }),
  };
}

import { builder } from '../builder.ts';
import { HypervisorKindEnum, HypervisorStateEnum, OperationKindEnum, OperationStateEnum } from '../enums.ts';
import { kindNameOf } from '../operation-kinds.ts';
import type { Services } from '../services.ts';
import { InfluxInfoType, influxInfo } from './influx-info.ts';
import { toEventCursor } from './operation-event.ts';
import { UnwantedArtifactsType } from './unwanted-artifacts.ts';

const HypervisorInfoType = builder.objectRef<Services['hypervisor']>('HypervisorInfo').implement({
  description: 'The source of machines, and whether it answers.',
  fields: (t) => ({
    kind: t.expose('kind', { type: HypervisorKindEnum, description: 'Real or simulated.' }),
    state: t.field({
      type: HypervisorStateEnum,
      description: 'Whether it answers.',
      resolve: (hypervisor) => hypervisor.status().state,
    }),
    uri: t.string({
      description: 'The address in use, without secrets.',
      resolve: (hypervisor) => hypervisor.status().uri,
    }),
    version: t.string({
      nullable: true,
      description: 'Its version; null until it is known.',
      resolve: (hypervisor) => hypervisor.status().version,
    }),
    since: t.field({
      type: 'DateTime',
      description: 'When it entered this state.',
      resolve: (hypervisor) => hypervisor.status().sinceMs,
    }),
    reason: t.string({
      nullable: true,
      description: 'Why it is not up; null while it is.',
      resolve: (hypervisor) => hypervisor.status().reason,
    }),
    mend: t.string({
      nullable: true,
      description: 'How to fix it; null while it is up.',
      resolve: (hypervisor) => hypervisor.status().mend,
    }),
  }),
});

interface Storage {
  readonly location: string;
  readonly freeBytes: number | null;
  readonly totalBytes: number | null;
  readonly warning: string | null;
}

const StorageInfoType = builder.objectRef<Storage>('StorageInfo').implement({
  description: 'Where artifacts are kept.',
  fields: (t) => ({
    location: t.exposeString('location', { description: 'A path on the server, or an address.' }),
    freeBytes: t.expose('freeBytes', {
      type: 'ByteCount',
      nullable: true,
      description: 'Free space; null if that cannot be told now.',
    }),
    totalBytes: t.expose('totalBytes', {
      type: 'ByteCount',
      nullable: true,
      description: 'All the space there is; null if that cannot be told now.',
    }),
    warning: t.exposeString('warning', {
      nullable: true,
      description: 'Warning; null if there is none.',
    }),
  }),
});

type Tally = Awaited<ReturnType<Services['operations']['tally']>>[number];

const OperationCountType = builder.objectRef<Tally>('OperationCount').implement({
  description: 'How many operations of a kind are in a state.',
  fields: (t) => ({
    kind: t.field({ type: OperationKindEnum, description: 'The kind.', resolve: ({ kind }) => kindNameOf(kind) }),
    state: t.expose('state', { type: OperationStateEnum, description: 'The state.' }),
    count: t.exposeInt('count', { description: 'How many.' }),
  }),
});

/** The server itself: what is shown is asked for when it is shown. */
export const ServiceType = builder.objectRef<Services>('Service').implement({
  description: 'This server and its state.',
  fields: (t) => ({
    version: t.string({ description: 'Memoir’s version.', resolve: ({ info }) => info.version }),
    host: t.string({
      description: 'The host whose machines it captures.',
      resolve: ({ hypervisor }) => hypervisor.host,
    }),
    nodeId: t.string({
      description: 'Which server this is, whatever its host is called: made once in its data directory.',
      resolve: ({ info }) => info.nodeId,
    }),
    canMail: t.boolean({
      description: 'Whether a mail server is configured, so that notifications can be sent by mail.',
      resolve: (_, __, { services }) => services.notifications.canMail,
    }),
    databaseDamage: t.string({
      nullable: true,
      description: 'What is wrong with the database, if its regular check found something; null otherwise.',
      resolve: ({ info }) => info.databaseDamage(),
    }),
    reindexAdvised: t.boolean({
      description:
        'True where the catalogue is empty beside artifacts, because the database was lost: mutation reindex brings them back.',
      resolve: ({ info }) => info.isReindexAdvised(),
    }),
    startedAt: t.field({
      type: 'DateTime',
      description: 'When it was started.',
      resolve: ({ info }) => info.startedAtMs,
    }),
    hypervisor: t.field({
      type: HypervisorInfoType,
      description: 'The source of machines.',
      resolve: ({ hypervisor }) => hypervisor,
    }),
    storage: t.field({
      type: StorageInfoType,
      description: 'Where artifacts are kept.',
      resolve: ({ store }) => storageOf(store),
    }),
    unwantedArtifacts: t.field({
      type: UnwantedArtifactsType,
      nullable: true,
      description:
        'Artifacts of which there is no record; null until they were looked for, shortly after the start. `reindex` takes them into the catalogue, `removeUnwantedArtifacts` removes them; nothing else does.',
      resolve: ({ dumps }) => dumps.unwanted,
    }),
    influx: t.field({
      type: InfluxInfoType,
      nullable: true,
      description: 'The InfluxDB that it writes to; null if it has none.',
      resolve: (services) => influxInfo(services),
    }),
    maxParallelDumps: t.int({
      description: 'How many dumps run at once; the others wait.',
      resolve: ({ info }) => info.maxParallelDumps,
    }),
    operationCounts: t.field({
      type: [OperationCountType],
      description: 'Operations by kind and state.',
      resolve: async ({ operations }) => [...(await operations.tally())],
    }),
    eventCursor: t.string({
      description: 'Place of the newest event: operationEvents(after: …) from here misses nothing from now on.',
      resolve: async ({ operations }) => toEventCursor((await operations.bounds()).last),
    }),
  }),
});

/** Below this share of free space a person should look after it. */
const scarce = 0.05;

async function storageOf(store: Services['store']): Promise<Storage> {
  const { location } = store;
  try {
    const { freeBytes, totalBytes } = await store.space();
    const low = freeBytes < totalBytes * scarce;
    return { location, freeBytes, totalBytes, warning: low ? 'Less than 5 % of the space is free.' : null };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { location, freeBytes: null, totalBytes: null, warning: `The free space cannot be told: ${reason}` };
  }
}

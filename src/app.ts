// Long: what is put together here is put together nowhere else.
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import packageFile from '../package.json' with { type: 'json' };
import { createTokenAccess } from './access/token-access.ts';
import type { Config } from './config.ts';
import { openDatabase } from './database/database.ts';
import { lockDirectory } from './database/directory-lock.ts';
import { watchDatabaseHealth } from './database/health.ts';
import { readNodeId } from './database/node-id.ts';
import { privateFolder } from './database/private-folder.ts';
import { createHostLook } from './doctor/host-look.ts';
import type { Closable } from './domain/closable.ts';
import { createIdSource, isUuid } from './domain/id.ts';
import { MemoirError, toErrorShape } from './domain/memoir-error.ts';
import { ArtifactTidy } from './dumps/artifact-tidy.ts';
import { createDumpKind } from './dumps/dump-kind.ts';
import { createDumps } from './dumps/dump-service.ts';
import { machineSubject, reindexKind } from './dumps/dumps.ts';
import { dumpType, verifyType } from './dumps/operation-types.ts';
import { CaptureThreads } from './dumps/pipeline/capture-threads.ts';
import { createSyncKind, startSync } from './dumps/record-sync/sync-kind.ts';
import { createReindexKind } from './dumps/reindex/reindex-kind.ts';
import { createVerifyKind } from './dumps/verification/verify-kind.ts';
import type { Log, ServerInfo, Services } from './graphql/services.ts';
import { HeapAnalysis } from './heaps/analysis/heap-analysis.ts';
import { createHeapCaptureKind } from './heaps/capture-kind.ts';
import type { CaptureCatalogue } from './heaps/captures/capture-catalogue.ts';
import { HeapCaptures } from './heaps/captures/heap-captures.ts';
import { createDockerTargets } from './heaps/docker/docker-targets.ts';
import { createEngineApi } from './heaps/docker/engine-api.ts';
import { createHeaps } from './heaps/heap-service.ts';
import { createCluster } from './heaps/kubernetes/cluster.ts';
import { createKubernetesTargets } from './heaps/kubernetes/kubernetes-targets.ts';
import { createProcessTargets } from './heaps/process/process-targets.ts';
import { createSqliteCaptures } from './heaps/sqlite/sqlite-captures.ts';
import { createHeapVerifyKind } from './heaps/verification/heap-verify-kind.ts';
import { createHost, type Host } from './http/host.ts';
import { readPersistedDocuments } from './http/persisted-documents.ts';
import { openInflux } from './influx/influx.ts';
import { createDemoHypervisor } from './machines/demo/demo-hypervisor.ts';
import type { Hypervisor } from './machines/hypervisor.ts';
import { createLibvirtHypervisor } from './machines/libvirt/hypervisor.ts';
import { checkLibvirtUri, findLibvirtUri, isRemote } from './machines/libvirt/link/address.ts';
import { influxBehind } from './notifications/alerts/influx-behind.ts';
import { noGoodDump } from './notifications/alerts/no-good-dump.ts';
import { createNotifications } from './notifications/create-notifications.ts';
import type { OperationFacts } from './notifications/feeder.ts';
import { createSmtpTransport } from './notifications/mail/mail-transport.ts';
import { retentionBulletins } from './notifications/retention-bulletins.ts';
import { scheduleBulletins } from './notifications/schedule-bulletins.ts';
import { createWebhookSender } from './notifications/webhook/webhook-sender.ts';
import { afterEffects } from './operations/after-effects.ts';
import { startOperations } from './operations/engine.ts';
import type { Operation } from './operations/operation.ts';
import type { Operations } from './operations/operations.ts';
import { createSqliteJournal } from './operations/sqlite/journal.ts';
import { tracedKind } from './operations/traced-kind.ts';
import type { DumpRecords } from './records/dump-records.ts';
import { startAcceptedCheck } from './records/influx/accepted-check.ts';
import { createCompleteness } from './records/influx/completeness.ts';
import { createFleetRecords } from './records/influx/fleet-records.ts';
import { createInfluxSync } from './records/influx/influx-sync.ts';
import { recordEffectWriters } from './records/record-effects.ts';
import { createSqliteHolds } from './records/sqlite/sqlite-holds.ts';
import { createSqliteRecords } from './records/sqlite/sqlite-records.ts';
import { createRetention } from './retention/retention-service.ts';
import { createSqliteRetention } from './retention/sqlite/sqlite-retention.ts';
import { checkTimeZone } from './schedules/due-times.ts';
import { createSchedules } from './schedules/schedule-service.ts';
import { createSqliteSchedules } from './schedules/sqlite/sqlite-schedules.ts';
import { createWorkLauncher } from './schedules/work-launcher.ts';
import type { ArtifactStore } from './storage/artifact-store.ts';
import { directoryStoreModule } from './storage/directory/directory-store.ts';
import { countReaders } from './storage/open-artifacts.ts';
import { openStoreOf } from './storage/open-store.ts';
import { createTelemetry } from './telemetry/create-telemetry.ts';
import { volumeEffectWriters } from './volumes/catalogue.ts';
import { mountDumpVolume } from './volumes/dump-volume.ts';
import { openVolumeParts } from './volumes/open-volume-parts.ts';
import { createVolumes, volumeKindsOf } from './volumes/volume-service.ts';

/** What a test may put in place of what the configuration would choose. */
export interface Overrides {
  readonly hypervisor?: Hypervisor;
  readonly log?: Log;
  /** Aborted when the server is no longer wanted, also before it is up: then `createApp` rejects with SHUTTING_DOWN. */
  readonly signal?: AbortSignal;
}

export interface App extends Closable {
  readonly services: Services;
  /** Starts to answer; resolves with the address that browsers can use. */
  listen(): ReturnType<Host['listen']>;
  /** Takes over what a running server can (`reloadable` in config.ts); dumps that run keep the limits they began with. */
  reload(config: Config): void;
}

/** The LIBVIRT_URI that asks for simulated machines. */
const demoUri = 'demo:///';

/** The first moments after the start belong to those who already wait for an answer. */
const firstMomentsMs = 1_000;

/** Where Docker and Podman listen as a rule. */
const engineSockets = ['/var/run/docker.sock', '/run/podman/podman.sock'];

/** Operations of a kind that may wait. */
const queueLimit = 10_000;

/**
 * The composition root: the one place that picks implementations and puts them together. What it opens it closes in the
 * reverse order, also when opening fails half-way.
 */
export async function createApp(config: Config, overrides: Overrides = {}): Promise<App> {
  await using opened = new AsyncDisposableStack();
  const goOn = () => {
    if (overrides.signal?.aborted) throw new MemoirError('SHUTTING_DOWN', 'the server was stopped during its start');
  };
  const log = overrides.log ?? pino({ level: config.logLevel, base: { host: hostname() } });
  const startedAtMs = Date.now();

  await privateFolder(config.dataDir, 'DATA_DIR');
  opened.use(lockDirectory(config.dataDir));

  const databasePath = join(config.dataDir, 'memoir.sqlite');
  const databaseHealth = await watchDatabaseHealth(databasePath, {
    damaged: (error) => log.error({ error: toErrorShape(error) }, 'the database is damaged'),
  });
  opened.defer(() => databaseHealth.close());
  const database = openDatabase(databasePath);
  opened.defer(() => database.close());
  const sqliteJournal = await createSqliteJournal(database, [
    recordEffectWriters({ publish: config.influx !== null }),
    volumeEffectWriters,
  ]);
  // Everything that speaks to InfluxDB shares this one.
  const influx = config.influx && (await openInflux(database, config.influx));
  if (influx) opened.defer(() => influx.close());
  const journal = influx ? afterEffects(sqliteJournal, influx.outbox.wake) : sqliteJournal;
  const [newest] = (await journal.page({ limit: 1 })).operations;
  const createId = createIdSource(Date.now, newest?.id);
  const access = await createTokenAccess({ database, createId, environmentToken: config.token });
  opened.defer(() => access.close());
  if (!access.required) refuseForeignAddress(config.host);
  const catalogue = await createSqliteRecords(database);
  // With an InfluxDB, records are those of all hosts that write to it; this server's own are in its catalogue in any case.
  const completeness = createCompleteness();
  opened.defer(() => completeness.close());
  const records = influx ? createFleetRecords({ ...influx, catalogue, completeness }) : catalogue;

  goOn();
  const uri = overrides.hypervisor ? demoUri : (config.libvirtUri ?? (await findLibvirtUri()) ?? demoUri);
  const hypervisor = overrides.hypervisor ?? (await chooseHypervisor(uri, config, log));
  opened.defer(() => hypervisor.close());

  const volumeParts = await openVolumeParts({
    folder: join(config.dataDir, 'volumes'),
    database,
    demo: uri === demoUri,
    uri,
    isLocal: !isRemote(uri),
    ...config.volumes,
    cloudstack: config.cloudstack,
    log,
    hasMachine: async (id) => (await hypervisor.find(id)) !== null,
  });
  opened.defer(() => volumeParts.close());
  // Before the store looks at its folder: what is mounted there later would hide what it wrote.
  const dumpVolume =
    config.dumpVolume && (await mountDumpVolume({ ...config.dumpVolume, ...volumeParts, folder: config.dumpDir, log }));
  if (dumpVolume) opened.defer(() => dumpVolume.close());
  const storeReference = { module: directoryStoreModule, options: { folder: config.dumpDir } };
  const openArtifacts = countReaders(await openStoreOf(storeReference));
  const { store } = openArtifacts;
  opened.defer(() => store.close());

  // What a server that died has left in the world is put right before anything new begins.
  goOn();
  const recovery = await hypervisor.recover();
  goOn();
  const swept = await store.sweep();
  const repaired = [...recovery.repaired, ...swept];
  if (repaired.length > 0) log.warn({ repaired }, 'put right what an interrupted server had left');
  if (recovery.pending.length > 0) log.warn({ pending: recovery.pending }, 'could not be put right yet');

  goOn();
  let current = config;
  const { dumpStallTimeoutMs: stallTimeoutMs, dumpTimeoutMs: timeoutMs } = config;
  const spoolFolder = join(config.dumpDir, '.spool');
  const threads = new CaptureThreads();
  opened.defer(() => threads.close());
  const nodeId = await readNodeId(config.dataDir);
  const isDatabaseLost = await isEmptyBeside(catalogue, store);
  if (isDatabaseLost) {
    const hint = '`memoir reindex` brings them back from their manifests';
    log.warn({ folder: config.dumpDir, hint }, 'the catalogue is empty, and there are artifacts');
  }
  const heapRoom = await openHeapRoom(config, hypervisor.host, await createSqliteCaptures(database));
  // Retention stands behind dumps, which ask it for room.
  const room: { makeRoom: (bytes: number) => Promise<unknown> } = { makeRoom: async () => 0 };
  const makeRoom = (bytes: number) => room.makeRoom(bytes);
  opened.defer(() => heapRoom.close());
  const operations = await startOperations({
    journal,
    nodeId,
    host: hypervisor.host,
    kinds: [
      tracedKind(
        createDumpKind({
          hypervisor,
          store,
          records: catalogue,
          storeReference,
          threads,
          spoolFolder,
          get parallel() {
            return current.maxParallelDumps;
          },
          get stallTimeoutMs() {
            return current.dumpStallTimeoutMs;
          },
          get timeoutMs() {
            return current.dumpTimeoutMs;
          },
          makeRoom,
        }),
      ),
      createVerifyKind(storeReference, { stallTimeoutMs, timeoutMs }),
      createReindexKind({ store, records: catalogue, journal }),
      ...heapRoom.kinds,
      createSyncKind(influx && createInfluxSync({ ...influx, catalogue, completeness, host: hypervisor.host })),
      ...volumeKindsOf(volumeParts).map((kind) => tracedKind(kind)),
    ],
    createId,
    log,
    queueLimit,
    graceMs: config.shutdownTimeoutMs,
    retentionMs: config.journalRetentionMs,
  });
  opened.defer(() => operations.close());
  if (influx) {
    // What InfluxDB has lost is written again without anybody asking for it.
    completeness.healBy(async () => {
      await startSync(operations, { dryRun: false }, 'memoir');
    });
    const check = startAcceptedCheck({ ...influx, catalogue, completeness });
    opened.defer(() => check.close());
  }

  const telemetry = await createTelemetry({ database, hypervisor, influx: influx?.client ?? null, log });
  opened.defer(() => telemetry.close());

  const tidy = new ArtifactTidy({ store, records: catalogue, operations });
  const dumps = createDumps({ operations, hypervisor, store, tidy, maxPauseMs: () => current.maxPauseMs, makeRoom });
  const machines = {
    // A cloud's machines need not be this hypervisor's: the cloud itself refuses an id that it does not know.
    find: async (nameOrId: string) =>
      config.cloudstack !== null && isUuid(nameOrId) ? { id: nameOrId, name: nameOrId } : hypervisor.find(nameOrId),
    subject: machineSubject,
  };
  const volumes = createVolumes({ ...volumeParts, operations, machines, log, reconcileAtStart: true });
  opened.defer(() => volumes.close());
  const { allowPrivate, mail, diskDays, noDump } = config.notifications;
  const lastGoodMs = async (machineId: string): Promise<number | null> => {
    const filter = { vms: [machineId], states: ['AVAILABLE'] } as const;
    const { rows } = await catalogue.page({ filter, order: { by: 'TIME', direction: 'DESC' }, limit: 1 });
    return rows[0] === undefined ? null : rows[0].record.timeUs / 1000;
  };
  dumpVolume?.watch(volumes, operations);
  const info: ServerInfo = {
    version: packageFile.version,
    startedAtMs,
    get maxParallelDumps() {
      return current.maxParallelDumps;
    },
    nodeId,
    databaseDamage: () => databaseHealth.damage?.message ?? null,
    isReindexAdvised: async () => isDatabaseLost && !(await hasReindexed(operations)),
    isInfluxLacking: () => completeness.isLacking(),
  };
  const heaps = heapRoom.front(operations);
  opened.defer(() => heaps.close());
  const scheduleStore = await createSqliteSchedules(database);
  const retention = await createRetention({
    store: await createSqliteRetention(database),
    holds: await createSqliteHolds(database),
    records: catalogue,
    dumps,
    heaps,
    operations,
    isOpen: (location) => openArtifacts.isOpen(location) || heapRoom.isOpen(location),
    scheduleOf: scheduleStore.scheduleOf,
    checkTimeZone,
    createId,
    log,
  });
  opened.defer(() => retention.close());
  room.makeRoom = retention.makeRoom;
  const schedules = createSchedules({
    store: scheduleStore,
    launcher: createWorkLauncher({ dumps, heaps, hypervisor }),
    operations,
    createId,
    get maxParallel() {
      return current.maxParallelDumps;
    },
    log,
  });
  opened.defer(() => schedules.close());
  const notifications = await createNotifications({
    database,
    operations,
    nodeId,
    host: hypervisor.host,
    factsOf: operationFacts,
    webhooks: createWebhookSender({ allowPrivate, version: packageFile.version }),
    addressRules: { allowPrivate },
    mail: mail && createSmtpTransport(mail),
    alertSources: [
      ...(influx ? [influxBehind(() => influx.outbox.status())] : []),
      ...(noDump ? [noGoodDump({ ...noDump, machines: () => hypervisor.list(), lastGoodMs })] : []),
    ],
    disk: diskDays === 0 ? null : { folder: config.dumpDir, days: diskDays },
    bulletins: [scheduleBulletins(schedules), retentionBulletins(retention)],
    log,
  });
  opened.defer(() => notifications.close());
  const services: Services = {
    operations,
    dumps,
    heaps,
    records,
    influx,
    hypervisor,
    store,
    telemetry,
    volumes,
    notifications,
    schedules,
    retention,
    access,
    examineHost: createHostLook(config),
    info,
    log,
  };
  const host = createHost({
    services,
    host: config.host,
    port: config.port,
    volumePort: config.volumeApiPort,
    dashboardFolder: new URL('../client/dist', import.meta.url).pathname,
    persistedDocuments: readPersistedDocuments(
      new URL('../client/api/generated/persisted-documents.json', import.meta.url),
    ),
    graphiql: config.graphiql,
    allowedHosts: config.allowedHosts,
    allowedOrigins: config.allowedOrigins,
  });
  opened.defer(() => host.close());

  let firstMoments: NodeJS.Timeout | undefined;
  opened.defer(() => clearTimeout(firstMoments));
  // In the background: there may be very many artifacts.
  const stopLooking = new AbortController();
  let looking: Promise<void> | undefined;
  opened.defer(async () => {
    stopLooking.abort();
    await looking;
  });
  const lookForLeftovers = async (): Promise<void> => {
    try {
      const removed = [...(await tidy.look(stopLooking.signal))];
      const { added, ...heaps } = await heapRoom.reconcile(stopLooking.signal);
      removed.push(...heaps.removed);
      if (removed.length > 0) log.warn({ removed }, 'finished deletions that an interrupted server had begun');
      if (added > 0) log.warn({ added }, 'added heap snapshots to the catalogue from their manifests');
    } catch (error) {
      if (!stopLooking.signal.aborted)
        log.error({ err: error }, 'the artifacts could not be held against the catalogue');
    }
  };

  const rest = opened.move();
  return {
    services,
    async listen() {
      const address = await host.listen();
      firstMoments = setTimeout(() => {
        threads.keepOne();
        looking = lookForLeftovers();
      }, firstMomentsMs).unref();
      return address;
    },
    reload(next) {
      current = next;
      if ('level' in log) log.level = next.logLevel;
    },
    close: () => rest.disposeAsync(),
  };
}

/** A database that was lost, or a dump folder of another server: nothing is known of what lies there. */
async function isEmptyBeside(records: DumpRecords, store: ArtifactStore): Promise<boolean> {
  if (((await records.count({})).total ?? 0) > 0) return false;
  for await (const _ of store.list()) return true;
  return false;
}

async function hasReindexed(operations: Operations): Promise<boolean> {
  const tally = await operations.tally();
  return tally.some(({ kind, state, count }) => kind === reindexKind && state === 'COMPLETED' && count > 0);
}

/** The machines of `uri`: what LIBVIRT_URI names, or a libvirt that answers on this machine, or the demo. */
async function chooseHypervisor(uri: string, config: Config, log: Log): Promise<Hypervisor> {
  if (config.libvirtUri !== null && uri !== demoUri) checkLibvirtUri(uri);
  if (uri === demoUri) return createDemoHypervisor({ speedBytesPerSec: config.demoBytesPerSecond || null });
  return createLibvirtHypervisor({
    uri,
    stateFolder: join(config.dataDir, 'captures'),
    repaired: (line) => log.warn({ repaired: [line] }, 'put right what an interrupted server had left'),
  });
}

/** What captures heaps: its store, its places, its kind of operation; the front door once there is an engine to submit to. */
async function openHeapRoom(config: Config, host: string, catalogue: CaptureCatalogue) {
  const { heapDir, dataDir, heapRedact: redact, dockerSocket, kubernetes } = config;
  const reference = { module: directoryStoreModule, options: { folder: heapDir } };
  const { store, isOpen } = countReaders(await openStoreOf(reference));
  await store.sweep();
  const captures = new HeapCaptures(store, catalogue);
  const places = [createProcessTargets()];
  // Without a socket there is nothing to say: most hosts have no containers.
  const socket = dockerSocket ?? engineSockets.find((path) => existsSync(path));
  if (socket !== undefined) places.push(createDockerTargets(createEngineApi(socket)));
  if (kubernetes !== null) places.push(createKubernetesTargets(createCluster(kubernetes)));
  const targets = new Map(places.map((place) => [place.kind, place]));
  const analysis = new HeapAnalysis(reference, join(dataDir, 'heap-analysis'));
  return {
    kinds: [
      tracedKind(createHeapCaptureKind({ targets, store, captures, host })),
      createHeapVerifyKind(reference, captures),
    ],
    reconcile: (signal: AbortSignal) => captures.reconcile(signal),
    front: (operations: Operations) => createHeaps({ operations, targets, store, captures, analysis, redact, host }),
    isOpen,
    close: () => store.close(),
  };
}

/** What a notification says of an operation: the machine that it is about, and whether a verification found damage. */
function operationFacts(operation: Operation): OperationFacts {
  const machine = operation.kind === dumpType.name ? dumpType.requestOf(operation).machineName : null;
  const isDamaged = operation.kind === verifyType.name && verifyType.resultOf(operation)?.intact === false;
  return { machine, isDamaged };
}

/** Memory holds keys: nobody but this machine may ask for it until callers have to say who they are. */
function refuseForeignAddress(host: string): void {
  if (['127.0.0.1', '::1', 'localhost'].includes(host)) return;
  throw new MemoirError(
    'CONFIG_INVALID',
    `HOST=${host}: anybody who reaches this address could read the memory of every machine`,
    {
      hint: 'Set MEMOIR_TOKEN, or make a token first (memoir token create), or keep 127.0.0.1 and come through ssh -L.',
    },
  );
}

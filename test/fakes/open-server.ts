import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTokenAccess } from '../../src/access/token-access.ts';

import { createIdSource } from '../../src/domain/id.ts';
import { ArtifactTidy } from '../../src/dumps/artifact-tidy.ts';
import type { DumpResult } from '../../src/dumps/dump-request.ts';
import { createDumps } from '../../src/dumps/dump-service.ts';
import { machineSubject } from '../../src/dumps/dumps.ts';
import type { Services } from '../../src/graphql/services.ts';
import { HeapAnalysis } from '../../src/heaps/analysis/heap-analysis.ts';
import { HeapCaptures } from '../../src/heaps/captures/heap-captures.ts';
import { createHeaps } from '../../src/heaps/heap-service.ts';
import { createSqliteCaptures } from '../../src/heaps/sqlite/sqlite-captures.ts';
import { createHost, type HostOptions } from '../../src/http/host.ts';
import type { Machine, MachineMeasurement } from '../../src/machines/machine.ts';
import { createNotifications } from '../../src/notifications/create-notifications.ts';
import { createWebhookSender } from '../../src/notifications/webhook/webhook-sender.ts';
import { startOperations } from '../../src/operations/engine.ts';
import { createSqliteJournal } from '../../src/operations/sqlite/journal.ts';
import { recordEffectWriters } from '../../src/records/record-effects.ts';
import { createSqliteHolds } from '../../src/records/sqlite/sqlite-holds.ts';
import { createRetention } from '../../src/retention/retention-service.ts';
import { createSqliteRetention } from '../../src/retention/sqlite/sqlite-retention.ts';
import { checkTimeZone } from '../../src/schedules/due-times.ts';
import { createSchedules } from '../../src/schedules/schedule-service.ts';
import { createSqliteSchedules } from '../../src/schedules/sqlite/sqlite-schedules.ts';
import { createWorkLauncher } from '../../src/schedules/work-launcher.ts';
import { openStore } from '../../src/storage/memory/memory-store.ts';
import { createTelemetry } from '../../src/telemetry/create-telemetry.ts';
import { volumeEffectWriters } from '../../src/volumes/catalogue.ts';
import { createVolumes, volumeKindsOf } from '../../src/volumes/volume-service.ts';
import { FakeHypervisor, machine } from './machines.ts';
import { openWritableCatalogue } from './mark-service.ts';
import { openSameThreadDatabase } from './same-thread-database.ts';
import { serverInfo } from './server-info.ts';
import { ToyKind } from './toy-kind.ts';
import { openDemoVolumes } from './volumes/demo-volumes.ts';

/** What was logged, for tests that look for it (or for its absence). */
export class FakeLog {
  readonly lines: { level: string; fields: object; message: string }[] = [];
  readonly #at = (level: string) => (fields: object, message: string) =>
    void this.lines.push({ level, fields, message });
  readonly debug = this.#at('debug');
  readonly info = this.#at('info');
  readonly warn = this.#at('warn');
  readonly error = this.#at('error');
}

export interface TestServerOptions extends Partial<Omit<HostOptions, 'services'>> {
  readonly machines?: Machine[];
  /** What is measured from the beginning. */
  readonly measurements?: MachineMeasurement[];
  /** How often it is measured; rarely enough that nobody notices, unless a test says otherwise. */
  readonly measureEveryMs?: number;
  readonly parallel?: number;
  /** Stands between the resolvers and what they ask: to count, or to break something. */
  readonly wrap?: (services: Services) => Services;
  readonly queueLimit?: number;
  /** An existing data folder to go on with, which is not removed; a fresh one otherwise. */
  readonly folder?: string;
  readonly environmentToken?: string;
  readonly now?: () => number;
  readonly elapsedMs?: () => number;
}

/** A whole server on a real port, with a real journal and catalogue, though not on threads of their own; its dumps run until the test says how they end. */
/** What a dump leaves where a test does not say otherwise. */
const sampleDumpResult: DumpResult = {
  method: 'SNAPSHOT',
  methodReason: 'a test',
  vmid: '1',
  guestPauseMs: null,
  capturedAtMs: 1,
  folder: 'machine',
  file: 'dump.elf.zst',
  dumpPath: '/dumps/machine/dump.elf.zst',
  sizeBytes: 1,
  rawSizeBytes: 1,
  sha256: '0'.repeat(64),
  imageSha256: null,
};

export async function openTestServer({
  machines,
  measurements,
  measureEveryMs = 3_600_000,
  parallel,
  wrap,
  queueLimit,
  environmentToken,
  now,
  elapsedMs,
  folder: kept,
  ...options
}: TestServerOptions = {}) {
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'memoir-test-'));
  const database = openSameThreadDatabase(join(folder, 'memoir.sqlite'));
  const journal = await createSqliteJournal(database, [recordEffectWriters({ publish: false }), volumeEffectWriters]);
  const createId = createIdSource();
  const access = await createTokenAccess({
    database,
    createId,
    environmentToken: environmentToken ?? null,
    ...(now === undefined ? {} : { now }),
    ...(elapsedMs === undefined ? {} : { elapsedMs }),
  });
  const records = await openWritableCatalogue(database);
  const store = await openStore({});
  const hypervisor = new FakeHypervisor(machines ?? [machine(1), machine(2), machine(3, { state: 'SHUT_OFF' })]);
  hypervisor.measurements = measurements ?? [];
  const dumping = new ToyKind({ kind: 'DUMP', parallel: parallel ?? 2, result: sampleDumpResult });
  const verifying = new ToyKind({
    kind: 'VERIFY',
    result: { dumpId: '', intact: true, damage: null, imageSha256: null },
  });
  const log = new FakeLog();
  const volumeParts = await openDemoVolumes(folder, database, async (id) => (await hypervisor.find(id)) !== null);
  const operations = await startOperations({
    journal,
    kinds: [
      dumping,
      verifying,
      new ToyKind({ kind: 'REINDEX', result: { found: 0, added: 0, known: 0, broken: 0, faults: [] } }),
      ...volumeKindsOf(volumeParts),
    ],
    nodeId: 'node-1',
    host: 'here',
    createId,
    log,
    queueLimit: queueLimit ?? 100,
    graceMs: 0,
  });
  const telemetry = await createTelemetry({
    database,
    hypervisor,
    influx: null,
    log,
    times: { everyMs: measureEveryMs, timeoutMs: 60_000, abandonMs: 60_000 },
  });
  const machinesOf = { find: (nameOrId: string) => hypervisor.find(nameOrId), subject: machineSubject };
  const volumes = createVolumes({ ...volumeParts, operations, machines: machinesOf, log });
  const captures = new HeapCaptures(store, await createSqliteCaptures(database));
  const notifications = await createNotifications({
    database,
    operations,
    nodeId: 'node-1',
    host: 'here',
    factsOf: () => ({ machine: null, isDamaged: false }),
    webhooks: createWebhookSender({ allowPrivate: false, version: '0.0.0-test' }),
    addressRules: { allowPrivate: false },
    mail: null,
    alertSources: [],
    disk: null,
    log,
  });
  const analysis = new HeapAnalysis({ module: 'memory:', options: {} }, join(folder, 'heap-analysis'));
  const noPlaces = new Map();
  const dumps = createDumps({ operations, hypervisor, store, tidy: new ArtifactTidy({ store, records, operations }) });
  const heaps = createHeaps({ operations, targets: noPlaces, store, captures, analysis, redact: false, host: 'here' });
  const scheduleStore = await createSqliteSchedules(database);
  const retention = await createRetention({
    store: await createSqliteRetention(database),
    holds: await createSqliteHolds(database),
    records,
    dumps,
    heaps,
    operations,
    isOpen: () => false,
    scheduleOf: scheduleStore.scheduleOf,
    checkTimeZone,
    createId,
    log,
  });
  const schedules = createSchedules({
    store: scheduleStore,
    launcher: createWorkLauncher({ dumps, heaps, hypervisor }),
    operations,
    createId,
    maxParallel: 2,
    log,
  });
  const services: Services = {
    operations,
    dumps,
    heaps,
    schedules,
    retention,
    records,
    influx: null,
    hypervisor,
    store,
    telemetry,
    volumes,
    notifications,
    access,
    examineHost: async () => [
      { about: 'rights', state: 'ok', finding: 'this is root', consequence: null, mend: null, fix: null },
    ],
    info: serverInfo({ maxParallelDumps: 2 }),
    log,
  };
  const host = createHost({
    services: wrap?.(services) ?? services,
    host: '127.0.0.1',
    port: 0,
    dashboardFolder: join(folder, 'no-dashboard'),
    ...options,
  });
  const { url, port, volumePort } = await host.listen();
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      await volumes.close();
      await notifications.close();
      await schedules.close();
      await retention.close();
      await operations.close();
      await volumeParts.exports.close();
      await telemetry.close();
      await host.close();
      await access.close();
      await database.close();
      if (kept === undefined) rmSync(folder, { recursive: true, force: true });
    })();
    return closing;
  };
  return {
    url,
    volumePort,
    port,
    host,
    services,
    operations,
    records,
    telemetry,
    hypervisor,
    access,
    dumping,
    verifying,
    log,
    close,
    folder,
  };
}

export type TestServer = Awaited<ReturnType<typeof openTestServer>>;

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createIdSource } from '../../src/domain/id.ts';
import type { ModuleReference } from '../../src/domain/module-reference.ts';
import { ArtifactTidy } from '../../src/dumps/artifact-tidy.ts';
import { createDumpKind } from '../../src/dumps/dump-kind.ts';
import { createDumps } from '../../src/dumps/dump-service.ts';
import type { TriggerInput } from '../../src/dumps/dumps.ts';
import { CaptureThreads } from '../../src/dumps/pipeline/capture-threads.ts';
import { createReindexKind } from '../../src/dumps/reindex/reindex-kind.ts';
import { createVerifyKind } from '../../src/dumps/verification/verify-kind.ts';
import { createDemoHypervisor, type DemoHypervisorOptions } from '../../src/machines/demo/demo-hypervisor.ts';
import { demoFleet } from '../../src/machines/demo/demo-machine.ts';
import { startOperations } from '../../src/operations/engine.ts';
import { createSqliteJournal } from '../../src/operations/sqlite/journal.ts';
import { recordEffectWriters } from '../../src/records/record-effects.ts';
import { directoryStoreModule, openStore } from '../../src/storage/directory/directory-store.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { openEverydayDatabase } from './everyday-database.ts';
import { openWritableCatalogue } from './mark-service.ts';

/** The demo's machines with so little memory that a test of many dumps stays short. */
const smallFleet = demoFleet.map((spec, index) => ({ ...spec, memoryBytes: (12 - 2 * index) << 20 }));

interface WorldOptions extends DemoHypervisorOptions {
  readonly folder?: string;
  readonly dumpFolder?: string;
  readonly stallTimeoutMs?: number;
  readonly reserveBytes?: number;
  /** Where the memory comes from, instead of the demo's own. */
  readonly source?: ModuleReference;
}

/** Everything that a dump needs, without the network: engine, catalogue, store and demo machines, closed after the test. */
export async function startDumpWorld(options: WorldOptions = {}) {
  const { folder = temporaryFolder(), stallTimeoutMs = 0, reserveBytes, source, ...demo } = options;
  const dumpFolder = options.dumpFolder ?? join(folder, 'dumps');
  const hypervisor = createDemoHypervisor({ speedBytesPerSec: null, machines: smallFleet, ...demo });
  if (source !== undefined) {
    const plan = hypervisor.plan.bind(hypervisor);
    hypervisor.plan = async (...args) => {
      const planned = await plan(...args);
      // The demo reads its own part of the options back.
      const options = { ...(planned.source.options as object), ...(source.options as object) };
      return { ...planned, source: { module: source.module, options } };
    };
  }
  const database = openEverydayDatabase(join(folder, 'memoir.sqlite'));
  const records = await openWritableCatalogue(database);
  const journal = await createSqliteJournal(database, [recordEffectWriters({ publish: false })]);
  const storeReference = {
    module: directoryStoreModule,
    options: { folder: dumpFolder, ...(reserveBytes === undefined ? {} : { reserveBytes }) },
  };
  const store = await openStore(storeReference.options);
  const complaints: unknown[] = [];
  const limits = { stallTimeoutMs, timeoutMs: 0 };
  const operations = await startOperations({
    journal,
    nodeId: 'node-1',
    host: hypervisor.host,
    kinds: [
      createDumpKind({
        hypervisor,
        store,
        records,
        storeReference,
        threads: new CaptureThreads(),
        spoolFolder: join(dumpFolder, '.spool'),
        parallel: 2,
        ...limits,
      }),
      createVerifyKind(storeReference, limits),
      createReindexKind({ store, records, journal }),
    ],
    createId: createIdSource(),
    log: { warn: () => undefined, error: (facts) => complaints.push(facts) },
    queueLimit: 100,
    graceMs: 0,
  });
  const tidy = new ArtifactTidy({ store, records, operations });
  const dumps = createDumps({ operations, hypervisor, store, tidy });
  onTestFinished(async () => {
    await operations.close();
    await hypervisor.close();
    await database.close();
    await store.close();
  });
  const trigger = (vms: string[], more: Partial<TriggerInput> = {}) =>
    dumps.trigger({ vms, method: 'AUTO', format: 'ELF', compression: 'ZSTD', ...more }, 'tester');
  return {
    operations,
    dumps,
    tidy,
    records,
    store,
    storeReference,
    hypervisor,
    complaints,
    trigger,
    /** Triggers one dump and waits for its end. */
    async dump(vm: string, more: Partial<TriggerInput> = {}) {
      const { accepted, rejected } = await trigger([vm], more);
      if (accepted[0] === undefined) throw new Error(`rejected: ${JSON.stringify(rejected)}`);
      return operations.settled(accepted[0].id);
    },
    /** Names of all files below the dump folder. */
    files: () =>
      readdirSync(dumpFolder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => entry.name),
  };
}

import { chmod, mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import packageFile from '../package.json' with { type: 'json' };
import { openAccess } from './access/access.ts';
import type { Config } from './config.ts';
import { openDatabase } from './database/database.ts';
import { lockDirectory } from './database/directory-lock.ts';
import type { Closable } from './domain/closable.ts';
import { createIdSource } from './domain/id.ts';
import { MemoirError } from './domain/memoir-error.ts';
import { createDumpKind } from './dumps/dump-kind.ts';
import { createDumps } from './dumps/dump-service.ts';
import { createVerifyKind } from './dumps/verification/verify-kind.ts';
import type { Log, Services } from './graphql/context.ts';
import { createHost } from './http/host.ts';
import { createDemoHypervisor } from './machines/demo/demo-hypervisor.ts';
import type { Hypervisor } from './machines/hypervisor.ts';
import { startOperations } from './operations/engine.ts';
import { createSqliteJournal } from './operations/sqlite/journal.ts';
import { createSqliteRecords, recordEffects } from './records/sqlite/sqlite-records.ts';
import { directoryStoreModule, openStore } from './storage/directory/directory-store.ts';

/** What a test may put in place of what the configuration would choose. */
export interface Overrides {
  readonly hypervisor?: Hypervisor;
  readonly log?: Log;
}

export interface App extends Closable {
  readonly services: Services;
  /** Starts to answer; resolves with the address that browsers can use. */
  listen(): Promise<{ readonly url: string; readonly port: number }>;
}

/** Operations of a kind that may wait. */
const queueLimit = 10_000;

/**
 * The composition root: the one place that picks implementations and puts them together. What it opens it closes in the
 * reverse order, also when opening fails half-way.
 */
export async function createApp(config: Config, overrides: Overrides = {}): Promise<App> {
  await using opened = new AsyncDisposableStack();
  const log = overrides.log ?? pino({ level: config.logLevel, base: { host: hostname() } });
  const startedAtMs = Date.now();
  refuseForeignAddress(config.host);

  await privateFolder(config.dataDir);
  opened.use(lockDirectory(config.dataDir));

  const database = openDatabase(join(config.dataDir, 'memoir.sqlite'));
  opened.defer(() => database.close());
  const records = await createSqliteRecords(database);
  const journal = await createSqliteJournal(database, recordEffects);

  const storeReference = { module: directoryStoreModule, options: { folder: config.dumpDir } };
  const store = await openStore(storeReference.options);
  opened.defer(() => store.close());

  const hypervisor = overrides.hypervisor ?? chooseHypervisor(config);
  opened.defer(() => hypervisor.close());

  // What a server that died has left in the world is put right before anything new begins.
  const recovery = await hypervisor.recover();
  const swept = await store.sweep();
  const repaired = [...recovery.repaired, ...swept];
  if (repaired.length > 0) log.warn({ repaired }, 'put right what an interrupted server had left');
  if (recovery.pending.length > 0) log.warn({ pending: recovery.pending }, 'could not be put right yet');

  const { maxParallelDumps: parallel, dumpStallTimeoutMs: stallTimeoutMs, dumpTimeoutMs: timeoutMs } = config;
  const spoolFolder = join(config.dumpDir, '.spool');
  const operations = await startOperations({
    journal,
    host: hypervisor.host,
    kinds: [
      createDumpKind({ hypervisor, store, storeReference, spoolFolder, parallel, stallTimeoutMs, timeoutMs }),
      createVerifyKind(storeReference, { stallTimeoutMs, timeoutMs }),
    ],
    createId: createIdSource(),
    log,
    queueLimit,
    graceMs: config.shutdownTimeoutMs,
  });
  opened.defer(() => operations.close());

  const dumps = createDumps({ operations, hypervisor, store });
  const info = { version: packageFile.version, startedAtMs, maxParallelDumps: parallel };
  const services: Services = { operations, dumps, records, hypervisor, store, info, log };
  const host = createHost({
    services,
    access: openAccess,
    host: config.host,
    port: config.port,
    dashboardFolder: new URL('../client/dist', import.meta.url).pathname,
    graphiql: config.graphiql,
  });
  opened.defer(() => host.close());

  const rest = opened.move();
  return { services, listen: () => host.listen(), close: () => rest.disposeAsync() };
}

function chooseHypervisor(config: Config): Hypervisor {
  return createDemoHypervisor({ speedBytesPerSec: config.demoBytesPerSecond || null });
}

/** Memory holds keys: nobody but this machine may ask for it until callers have to say who they are. */
function refuseForeignAddress(host: string): void {
  if (['127.0.0.1', '::1', 'localhost'].includes(host)) return;
  throw new MemoirError(
    'CONFIG_INVALID',
    `HOST=${host}: anybody who reaches this address could read the memory of every machine`,
    {
      hint: 'Keep the default, 127.0.0.1, and reach it through ssh (ssh -L 4000:127.0.0.1:4000 this-host).',
    },
  );
}

/** Made for this user alone, whatever the umask; one that is there keeps its place but not a mode that lets others in. */
async function privateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
}

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setInterval } from 'node:timers/promises';
import { createTokenAccess } from '../../src/access/token-access.ts';
import { openDatabase } from '../../src/database/database.ts';
import { createIdSource } from '../../src/domain/id.ts';
import type { DumpRequest, DumpResult } from '../../src/dumps/dump-request.ts';
import { dumpType } from '../../src/dumps/operation-types.ts';
import type { Services } from '../../src/graphql/services.ts';
import { createHost } from '../../src/http/host.ts';
import { startOperations } from '../../src/operations/engine.ts';
import type { OperationKind } from '../../src/operations/operation-kind.ts';
import { createSqliteJournal } from '../../src/operations/sqlite/journal.ts';
import { serverInfo } from '../../test/fakes/server-info.ts';
import { answerUsage } from './usage.ts';

// A server whose one dump never ends and makes progress all the time: the engine tells it ten times a second.

const kind: OperationKind<DumpRequest, DumpResult> = {
  type: dumpType,
  parallel: 1,
  stallTimeoutMs: 0,
  timeoutMs: 0,
  async run({ progress }) {
    let doneBytes = 0;
    for await (const _ of setInterval(20)) {
      doneBytes += 1_000_000;
      progress({ doneBytes, totalBytes: 1e12 });
    }
    throw new Error('never');
  },
  recover: async () => ({ action: 'FAIL' }),
};

const folder = mkdtempSync(join(tmpdir(), 'memoir-bench-'));
const database = openDatabase(join(folder, 'memoir.sqlite'));
const journal = await createSqliteJournal(database, []);
const createId = createIdSource();
const log = { debug() {}, info() {}, warn() {}, error: console.error };
const operations = await startOperations({
  journal,
  kinds: [kind],
  nodeId: 'bench',
  host: 'bench',
  createId,
  log,
  queueLimit: 10,
  graceMs: 0,
});
const access = await createTokenAccess({ database, createId, environmentToken: null });
const info = serverInfo();
const hypervisor = { kind: 'demo', host: 'bench' };
const services = { operations, access, info, log, hypervisor } as unknown as Services;
const host = createHost({ services, host: '127.0.0.1', port: 0, dashboardFolder: folder });

const request: DumpRequest = {
  machineId: '00000000-0000-4000-8000-000000000001',
  machineName: 'web-01',
  method: 'AUTO',
  format: 'ELF',
  compression: 'ZSTD',
  demo: true,
  maxPauseMs: null,
  imageDigest: false,
  traceparent: null,
};
await operations.submitOne(dumpType.submission({ subjects: ['vm:1'], request, message: 'Waiting for its turn' }), {
  actor: 'bench',
});
const { port } = await host.listen();
answerUsage(port);

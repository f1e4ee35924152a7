import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTokenAccess } from '../../src/access/token-access.ts';
import { openDatabase } from '../../src/database/database.ts';
import { createIdSource } from '../../src/domain/id.ts';
import type { Services } from '../../src/graphql/services.ts';
import { createHost } from '../../src/http/host.ts';
import { createSqliteRecords } from '../../src/records/sqlite/sqlite-records.ts';
import { sampleRecord } from '../../test/contracts/sample-records.ts';
import { serverInfo } from '../../test/fakes/server-info.ts';
import { persisted } from './records-query.ts';
import { answerUsage } from './usage.ts';

// A server with a thousand records in its catalogue, as the dashboard finds it.

const folder = mkdtempSync(join(tmpdir(), 'memoir-bench-'));
const database = openDatabase(join(folder, 'memoir.sqlite'));
const records = await createSqliteRecords(database);
for (let number = 1; number <= 1000; number++) await records.append(sampleRecord(number));
const access = await createTokenAccess({ database, createId: createIdSource(), environmentToken: null });
const log = { debug() {}, info() {}, warn() {}, error: console.error };
const info = serverInfo();
// Nothing runs here; the event log is followed all the same.
const watchEvents = () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) });
const operations = { bounds: async () => ({ first: 1, last: 0 }), watchEvents };
const services = { operations, records, access, info, log, hypervisor: { kind: 'demo' } } as unknown as Services;
const host = createHost({
  services,
  host: '127.0.0.1',
  port: 0,
  dashboardFolder: folder,
  persistedDocuments: persisted,
});
const { port } = await host.listen();
answerUsage(port);

// Dumps with real artifacts and records in a folder, and retention over them. `prepare N` makes them; `run K` lets retention remove what goes,
// and kills the process at the Kth step; `look` prints what is there. Every start tidies up first, as a server does.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createIdSource } from '../../src/domain/id.ts';
import { ArtifactTidy } from '../../src/dumps/artifact-tidy.ts';
import { createDumps } from '../../src/dumps/dump-service.ts';
import { dumpType } from '../../src/dumps/operation-types.ts';
import { startOperations } from '../../src/operations/engine.ts';
import { createSqliteJournal } from '../../src/operations/sqlite/journal.ts';
import { appendRecord, recordEffectWriters } from '../../src/records/record-effects.ts';
import { createSqliteHolds } from '../../src/records/sqlite/sqlite-holds.ts';
import { createSqliteRecords } from '../../src/records/sqlite/sqlite-records.ts';
import { createRetention } from '../../src/retention/retention-service.ts';
import { createSqliteRetention } from '../../src/retention/sqlite/sqlite-retention.ts';
import { openStore } from '../../src/storage/directory/directory-store.ts';
import { sampleRecord } from '../contracts/sample-records.ts';
import { FakeHypervisor } from './machines.ts';
import { openSameThreadDatabase } from './same-thread-database.ts';

const [folder = '', what = 'look', given = '0'] = process.argv.slice(2);
const startMs = Date.parse('2026-01-01T00:00Z');
let steps = 0;
const step = () => {
  steps++;
  if (what === 'run' && steps === Number(given)) process.kill(process.pid, 'SIGKILL');
};

const database = openSameThreadDatabase(join(folder, 'memoir.sqlite'));
const journal = await createSqliteJournal(database, [recordEffectWriters({ publish: false })]);
const records = await createSqliteRecords(database);
const store = await openStore({ folder: join(folder, 'dumps') });
const [newest] = (await journal.page({ limit: 1 })).operations;
const createId = createIdSource(Date.now, newest?.id);
const machineId = '11111111-2222-4333-8444-555555555555';
let made = 0;
const operations = await startOperations({
  journal,
  nodeId: 'node',
  host: 'here',
  createId,
  log: { warn() {}, error() {} },
  queueLimit: 10_000,
  graceMs: 0,
  kinds: [
    {
      type: dumpType,
      parallel: 1,
      stallTimeoutMs: 0,
      timeoutMs: 0,
      async run({ operation }) {
        const atMs = startMs + made++ * 6 * 3_600_000;
        const day = new Date(atMs).toISOString().replace(/[-:]|\.\d+/g, '');
        const key = { folder: machineId, file: `${day}_${operation.id}.elf` };
        const writer = await store.begin(key, 100);
        await writer.write(new Uint8Array(100));
        const { location, sha256 } = await writer.commit(() => ({ memoir: 'test' }));
        const sizeBytes = 100;
        const record = sampleRecord(made, {
          id: operation.id,
          machineId,
          dom: 'db',
          timeUs: atMs * 1_000,
          state: 'AVAILABLE',
          sizeBytes,
          dumpPath: location,
        });
        const result = {
          method: 'SNAPSHOT',
          methodReason: '',
          vmid: '1',
          guestPauseMs: null,
          capturedAtMs: atMs,
          ...key,
          dumpPath: location,
          sizeBytes,
          rawSizeBytes: 100,
          sha256,
          imageSha256: null,
        } as const;
        return { result, message: 'Made', effects: [appendRecord.of(record)] };
      },
      recover: async () => ({ action: 'FAIL' }),
    },
  ],
});
const tidy = new ArtifactTidy({ store, records, operations });
await tidy.look();
const dumps = createDumps({
  operations: new Proxy(operations, {
    get(target, name) {
      const method = Reflect.get(target, name);
      if (name !== 'note') return method;
      return async (...args: Parameters<typeof operations.note>) => {
        step();
        const noted = await operations.note(...args);
        step();
        return noted;
      };
    },
  }),
  hypervisor: new FakeHypervisor([]),
  store,
  tidy,
});
const holds = await createSqliteHolds(database);
const retention = await createRetention({
  store: await createSqliteRetention(database),
  holds,
  records,
  dumps,
  heaps: {
    sessions: async () => [],
    capturesOf: async () => [],
    remove: () => Promise.reject(new Error('there are none')),
  },
  operations,
  isOpen: () => false,
  scheduleOf: async (ids) => ids.map(() => null),
  checkTimeZone: () => undefined,
  createId,
  log: { info() {}, warn() {} },
  times: { firstMs: 3_600_000, everyMs: 3_600_000 },
});

if (what === 'prepare') {
  const request = {
    machineId,
    machineName: 'db',
    method: 'AUTO',
    format: 'ELF',
    compression: 'NONE',
    demo: true,
    maxPauseMs: null,
    imageDigest: false,
    traceparent: null,
  } as const;
  for (let index = 0; index < Number(given); index++) {
    const { id } = await operations.submitOne(
      dumpType.submission({ subjects: [`vm:${machineId}`], request, message: 'Waits' }),
      { actor: 'test' },
    );
    await operations.settled(id);
    if (index === 3) await retention.hold('DUMP', id, 'evidence', 'test');
  }
  await retention.save(null, {
    name: 'few',
    scope: { kind: 'ALL' },
    artifacts: ['DUMP'],
    keepLast: 3,
    keepHourly: null,
    keepDaily: 4,
    keepWeekly: null,
    keepMonthly: null,
    keepWithinMs: null,
    timeZone: 'UTC',
    maxBytesPerMachine: null,
    maxBytes: null,
    freeOnPressure: true,
  });
}
const { verdicts, fingerprint, warning } = await retention.preview();
if (what === 'run') await retention.run('test', fingerprint);
if (what === 'room') await retention.makeRoom(Number(given));
const { rows } = await records.page({ filter: {}, order: { by: 'TIME', direction: 'ASC' }, limit: 1_000 });
const state = {
  staying: verdicts.filter(({ goes }) => !goes).map(({ item }) => item.id),
  going: verdicts.filter(({ goes }) => goes).map(({ item }) => item.id),
  warning,
  records: rows.map(({ record: { id, state: is } }) => ({ id, state: is })),
  files: readdirSync(join(folder, 'dumps'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.elf$/.test(name),
  ),
  steps,
};
process.stdout.write(`STATE ${JSON.stringify(state)}\n`);
await retention.close();
await operations.close();
await store.close();
await database.close();

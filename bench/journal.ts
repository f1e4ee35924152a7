import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { openDatabase } from '../src/database/database.ts';
import { migrate } from '../src/database/migration.ts';
import { createIdSource } from '../src/domain/id.ts';
import type { Journal } from '../src/operations/journal.ts';
import { createSqliteJournal } from '../src/operations/sqlite/journal.ts';
import { operationMigrations } from '../src/operations/sqlite/row.ts';

// The journal with a million operations: how long one answer takes, from the caller's side of the thread.
//   npm run bench -- journal [--operations=1000000] [--runs=50] [--fresh]
// The file is made once and kept in .cache/bench. The target: no answer takes more than 50 ms; the exit code says whether it was met.

const targetMs = 50;
const machines = 1_000;
const startMs = Date.UTC(2025, 0, 1);
const everyMs = 30_000;

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      operations: { type: 'string', default: '1000000' },
      runs: { type: 'string', default: '50' },
      fresh: { type: 'boolean', default: false },
    },
  });
  const path = prepare(Number(values.operations), values.fresh);
  const database = openDatabase(path);
  const journal = await createSqliteJournal(database, []);
  const { totalCount } = await journal.page({ limit: 1 });
  const size = (statSync(path).size / 2 ** 20).toFixed(0);
  console.log(`${totalCount} operations of ${machines} machines, ${size} MiB, ${values.runs} runs each`);
  const missed = await measure(journal, Number(values.runs));
  await database.close();
  if (missed > 0) process.exitCode = 1;
}

/** Rows as the writer makes them, without a transaction for each: the triggers make subjects and tally. */
function prepare(count: number, fresh: boolean): string {
  const folder = '.cache/bench';
  const path = `${folder}/journal-${count}.db`;
  mkdirSync(folder, { recursive: true });
  if (existsSync(path) && !fresh) return path;
  for (const suffix of ['', '-wal', '-shm', '.new']) rmSync(path + suffix, { force: true });
  const started = performance.now();
  const connection = new DatabaseSync(`${path}.new`);
  connection.exec('PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-262144;');
  migrate(connection, 'operations', operationMigrations);
  const insert = connection.prepare(
    `INSERT INTO operations (id, kind, subject, node_id, host, state, phase, message, actor, request, result, error,
       created_at_ms, started_at_ms, finished_at_ms, duration_ms, seq)
     VALUES (?, ?, ?, 'node', 'bench', ?, 'finishing', 'Captured 4.00 GiB into 1.20 GiB', 'local', ?, ?, ?, ?, ?, ?, 9000, ?)`,
  );
  const insertEvent = connection.prepare(
    `INSERT INTO operation_events (operation_id, kind, subject, type, state, phase, message, at_ms, payload)
     VALUES (?, ?, ?, ?, ?, NULL, 'Captured 4.00 GiB into 1.20 GiB', ?, '{}')`,
  );
  const insertKey = connection.prepare("INSERT INTO idempotency_keys VALUES (?, '[]', '[]', ?)");
  let nowMs = startMs;
  const createId = createIdSource(() => nowMs);
  const request = JSON.stringify({ machineName: 'web-01', method: 'AUTO', format: 'ELF', compression: 'ZSTD' });
  const result = JSON.stringify({ sha256: 'a'.repeat(64), folder: 'machine', file: 'dump.elf.zst', sizeBytes: 1e9 });
  connection.exec('BEGIN');
  for (let index = 0; index < count; index += 1) {
    nowMs = startMs + index * everyMs;
    const id = createId();
    const kind = index % 10 === 9 ? 'VERIFY' : 'DUMP';
    const subject = `vm:${index % machines}`;
    const state = index % 3 === 0 ? 'FAILED' : index % 50 === 1 ? 'CANCELLED' : 'COMPLETED';
    const error = state === 'FAILED' ? JSON.stringify({ code: 'STALLED', message: 'no byte moved' }) : null;
    const seq = index * 3 + 3;
    insert.run(id, kind, subject, state, request, result, error, nowMs, nowMs, nowMs + 9000, seq);
    for (const [type, at] of [
      ['QUEUED', 'QUEUED'],
      ['STARTED', 'RUNNING'],
      [state, state],
    ] as const)
      insertEvent.run(id, kind, subject, type, at, nowMs);
    if (index < 100_000) insertKey.run(`key-${index}`, Date.now());
  }
  connection.exec('COMMIT; PRAGMA journal_mode=WAL;');
  connection.close();
  renameSync(`${path}.new`, path);
  console.log(`made in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return path;
}

async function measure(journal: Journal, runs: number): Promise<number> {
  const { operations } = await journal.page({ limit: 1000 });
  const createId = createIdSource(Date.now, operations[0]?.id);
  const { last } = await journal.bounds();
  const middle = (await journal.acceptedBefore(startMs + (last / 6) * everyMs, '', 1))[0]?.id ?? '';
  const ids = operations.map(({ id }) => id);
  const subjects = Array.from({ length: machines }, (_, index) => `vm:${index}`);
  const context = { actor: 'bench' };
  const acceptance = () => ({ ids: [createId()], nodeId: 'node', host: 'bench', atMs: Date.now(), queueLimit: 1e6 });
  const wish = (subject: string) => ({ kind: 'DUMP', subjects: [subject], request: {}, message: '' }) as const;
  let turn = 0;
  const work: Readonly<Record<string, () => Promise<unknown>>> = {
    'newest 50': () => journal.page({ limit: 50 }),
    '50 in the middle': () => journal.page({ limit: 50, afterId: middle }),
    '50 before the middle': () => journal.page({ limit: 50, beforeId: middle }),
    'newest 50 dumps': () => journal.page({ kind: 'DUMP', limit: 50 }),
    'failed dumps': () => journal.page({ kind: 'DUMP', states: ['FAILED'], limit: 50 }),
    'failed dumps, deep': () => journal.page({ kind: 'DUMP', states: ['FAILED'], limit: 50, afterId: middle }),
    'failed, cancelled of any kind': () => journal.page({ states: ['FAILED', 'CANCELLED'], limit: 50 }),
    'active ones': () => journal.page({ states: ['QUEUED', 'RUNNING'], limit: 50 }),
    'dumps of a machine': () =>
      journal.page({ kind: 'DUMP', subjects: [subjects[turn++ % machines] ?? ''], limit: 50 }),
    'active dumps of all machines': () =>
      journal.page({ kind: 'DUMP', states: ['QUEUED', 'RUNNING'], subjects, limit: 1000 }),
    '1000 by id': () => journal.get(ids),
    'all active': () => journal.active(),
    tally: () => journal.tally(),
    bounds: () => journal.bounds(),
    'first 1000 events': () => journal.events(0, 1000),
    'last 100 events': () => journal.events(last - 100, 100),
    'submit, start, end': async () => {
      const { ids: own, ...rest } = acceptance();
      const id = own[0] ?? '';
      const keyed = { ...context, idempotencyKey: id, fingerprint: '[]' };
      await journal.submit([wish(`bench:${turn++}`)], keyed, { ids: own, ...rest });
      await journal.transition({ id, from: 'QUEUED', to: 'RUNNING', atMs: Date.now() });
      await journal.transition({ id, from: 'RUNNING', to: 'COMPLETED', atMs: Date.now(), durationMs: 1 });
    },
    'forget 500 events': () => journal.pruneEvents(startMs + 10 * 365 * 86_400_000, 500),
    'forget 100 operations': async () => {
      const old = await journal.acceptedBefore(Date.now(), '', 100);
      const started = performance.now();
      await journal.forget(old.map(({ id }) => id));
      return performance.now() - started;
    },
  };
  let missed = 0;
  for (const [name, once] of Object.entries(work)) {
    const times: number[] = [];
    for (let index = 0; index < runs; index += 1) {
      const started = performance.now();
      await once();
      times.push(performance.now() - started);
    }
    times.sort((left, right) => left - right);
    const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
    const isMissed = at(0.95) > targetMs;
    if (isMissed) missed += 1;
    const line = [at(0.5), at(0.95), at(1)].map((ms) => ms.toFixed(2).padStart(9)).join('');
    console.log(`${name.padEnd(32)}${line} ms (p50, p95, max)${isMissed ? `  MISSED ${targetMs} ms` : ''}`);
  }
  return missed;
}

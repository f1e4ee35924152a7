import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { openDatabase } from '../src/database/database.ts';
import type { DumpRecord, RecordState } from '../src/records/dump-record.ts';
import type { DumpRecords, RecordFilter, RecordOrder } from '../src/records/dump-records.ts';
import { recordOrders } from '../src/records/dump-records.ts';
import { createSqliteRecords } from '../src/records/sqlite/sqlite-records.ts';
import type { WritingService } from '../src/records/sqlite/writing-service.ts';
import { run as runFleet } from './fleet.ts';

// The embedded catalogue with a million records: how long one answer takes, from the caller's side of the thread.
//   npm run bench -- records [--rows=1000000] [--runs=300] [--fresh]
// The file is made once and kept in .cache/bench. The design's targets: a page of 50 within 10 ms at the 99th percentile
// however deep it lies, statistics within 10 ms; the exit code says whether they were met. What a fleet's InfluxDB adds follows.

const dayUs = 86_400_000_000;
const startUs = Date.UTC(2024, 0, 1) * 1000;
const days = 730;
const machines = 2_000;
const targetMs = 10;

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string', default: '1000000' },
      runs: { type: 'string', default: '300' },
      fresh: { type: 'boolean', default: false },
    },
  });
  const rows = Number(values.rows);
  const path = await prepare(rows, values.fresh);
  // Measured from memory, as a server in use has it: what a cold disk adds is the disk's.
  await pipeline(createReadStream(path), new PassThrough().resume());
  const database = openDatabase(path);
  const records = await createSqliteRecords(database);
  console.log(
    `${await records.count({})} records, ${(statSync(path).size / 2 ** 20).toFixed(0)} MiB, ${values.runs} runs each`,
  );
  const missed = await measure(records, rows, Number(values.runs));
  await database.close();
  if (missed > 0) process.exitCode = 1;
  await runFleet([]);
}

async function prepare(rows: number, fresh: boolean): Promise<string> {
  const folder = '.cache/bench';
  const path = `${folder}/records-${rows}.db`;
  mkdirSync(folder, { recursive: true });
  if (existsSync(path) && !fresh) return path;
  for (const suffix of ['', '-wal', '-shm', '.new', '.new-wal', '.new-shm']) rmSync(path + suffix, { force: true });
  const database = openDatabase(`${path}.new`);
  const writing = await database.service<WritingService>('records', {
    module: new URL('../src/records/sqlite/writing-service.ts', import.meta.url).href,
    options: null,
  });
  const started = performance.now();
  for (let number = 0; number < rows; ) {
    const batch: DumpRecord[] = [];
    for (; batch.length < 5_000 && number < rows; number += 1) batch.push(makeRecord(number, rows));
    await writing.append(batch);
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `made in ${seconds.toFixed(0)} s (${((seconds / rows) * 1e6).toFixed(0)} µs a record, 5000 in a transaction)`,
  );
  await database.close();
  renameSync(`${path}.new`, path);
  return path;
}

/** Deterministic: old dumps are mostly deleted, big machines are dumped often, some machines were restarted. */
function makeRecord(number: number, rows: number): DumpRecord {
  const hash = createHash('sha256').update(String(number));
  const sha256 = hash.digest('hex');
  const random = Number.parseInt(sha256.slice(0, 8), 16) / 2 ** 32;
  const other = Number.parseInt(sha256.slice(8, 16), 16) / 2 ** 32;
  const machine = Math.floor(machines * random ** 2);
  const timeUs = startUs + Math.floor((number / rows) * days * dayUs) + Math.floor(other * 1e6);
  const old = number < rows * 0.95;
  const state: RecordState = other > 0.999 ? 'DAMAGED' : old ? 'DELETED' : 'AVAILABLE';
  const seconds = Math.floor(timeUs / 1e6);
  const id = `${sha256.slice(0, 8)}-${sha256.slice(8, 12)}-7000-8000-${number.toString(16).padStart(12, '0')}`;
  return {
    id,
    timeUs,
    machineId: `00000000-0000-4000-8000-${machine.toString(16).padStart(12, '0')}`,
    dom: `${['web', 'db', 'cache', 'build'][machine % 4]}-${String(machine).padStart(4, '0')}`,
    vmid: String(machine * 10 + (number % 3 === 0 && old ? 1 : 2)),
    host: `host-${machine % 20}`,
    state,
    sha256,
    imageSha256: createHash('sha256').update(sha256).digest('hex'),
    durationSec: Math.round(1e6 * (0.5 + other * 20)) / 1e6,
    sizeBytes: Math.floor(1e8 + other * 4e9),
    rawSizeBytes: 2 ** (28 + (machine % 8)),
    ctime: seconds,
    mtime: seconds,
    atime: seconds,
    dumpPath: `/var/lib/memoir/dumps/00000000-0000-4000-8000-${machine.toString(16).padStart(12, '0')}/${seconds}_${id}.elf.zst`,
    format: 'ELF',
    compression: 'ZSTD',
    method: 'SNAPSHOT',
    guestPauseMs: Math.round(other * 5000) / 1000,
    demo: false,
  };
}

async function measure(records: DumpRecords, rows: number, runs: number): Promise<number> {
  const anyTime = () => startUs + Math.floor(Math.random() * days) * dayUs + Math.floor(Math.random() * dayUs);
  const anyVm = () => ({ vms: [makeRecord(Math.floor(Math.random() * rows), rows).dom] });
  const anyWeek = () => {
    const fromUs = anyTime();
    return { fromUs, untilUs: fromUs + 7 * dayUs };
  };
  const since = () => ({ fromUs: anyTime() });
  const available = () => ({ states: ['AVAILABLE'] }) as const;
  const newest = { by: 'TIME', direction: 'DESC' } as const;
  const page = (filter: RecordFilter, order: RecordOrder = newest, more = {}) =>
    records.page({ filter, order, limit: 50, ...more });
  const digits = (count: number) =>
    Math.floor(Math.random() * 16 ** count)
      .toString(16)
      .padStart(count, '0');

  const filters: [string, () => RecordFilter][] = [
    ['everything', () => ({})],
    ['one machine', anyVm],
    ['20 machines', () => ({ vms: Array.from({ length: 20 }, () => anyVm().vms[0] as string) })],
    ['a rare state', () => ({ states: ['DAMAGED'] })],
    ['available', available],
    ['a week', anyWeek],
    ['since some time', since],
    ['one machine, available, since', () => ({ ...anyVm(), ...available(), ...since() })],
  ];
  const searches: [string, () => RecordFilter][] = [
    ['search: whole name', () => ({ search: anyVm().vms[0] as string })],
    ['search: "cache"', () => ({ search: 'cache' })],
    ['search: 2 letters', () => ({ search: 'b-' })],
    ['search: 3 digits of a hash', () => ({ search: digits(3) })],
    [
      'search: 8 digits of a hash',
      () => ({ search: makeRecord(Math.floor(Math.random() * rows), rows).sha256.slice(20, 28) }),
    ],
    ['search: nothing found', () => ({ search: 'nobody-is-called-so' })],
  ];
  const cursors = await cursorsByDepth(records, rows);
  const anyOffset = (most: number) => ({ offset: Math.floor(Math.random() * most) });

  let missed = 0;
  const time = async (name: string, target: number | null, work: () => Promise<unknown>) => {
    const times: number[] = [];
    for (let turn = -5; turn < runs; turn += 1) {
      const started = performance.now();
      await work();
      if (turn >= 0) times.push(performance.now() - started);
    }
    times.sort((a, b) => a - b);
    const at = (share: number) =>
      (times[Math.min(times.length - 1, Math.floor(share * times.length))] as number).toFixed(2);
    const late = target !== null && Number(at(0.99)) >= target;
    if (late) missed += 1;
    const verdict = target === null ? '' : late ? `  MISSED ${target} ms` : `  < ${target} ms`;
    console.log(`${name.padEnd(58)} p50 ${at(0.5).padStart(8)} ms   p99 ${at(0.99).padStart(8)} ms${verdict}`);
  };

  // What the thread and the machine's other work cost by themselves: the noise in everything below.
  await time('an empty round trip', null, () => records.get([]));
  for (const [depth, after] of cursors)
    await time(`page of 50 behind ${depth} records`, targetMs, () => page({}, newest, { after }));
  for (const [name, filter] of filters) await time(`page of 50: ${name}`, targetMs, () => page(filter()));
  for (const by of recordOrders.slice(1)) {
    for (const [name, filter] of filters) {
      await time(`page of 50 by ${by}: ${name}`, null, () => page(filter(), { by, direction: 'DESC' }));
    }
  }
  for (const [name, filter] of searches) await time(`page of 50: ${name}`, null, () => page(filter()));
  await time('page of 50 at any offset, by time', targetMs, () => page({}, newest, anyOffset(rows)));
  await time('page of 50 at any offset, by time, available', targetMs, () =>
    page(available(), newest, anyOffset(rows / 20)),
  );
  await time('page of 50 at any offset, by size', null, () =>
    page({}, { by: 'SIZE', direction: 'ASC' }, anyOffset(rows)),
  );
  for (const [name, filter] of filters) await time(`count: ${name}`, targetMs, () => records.count(filter()));
  for (const [name, filter] of filters) await time(`statistics: ${name}`, targetMs, () => records.stats(filter()));
  for (const [name, filter] of searches) await time(`statistics: ${name}`, null, () => records.stats(filter()));
  for (const [name, filter] of filters) await time(`days: ${name}`, null, () => records.series(filter()));
  for (const [name, filter] of searches) await time(`days: ${name}`, null, () => records.series(filter()));
  return missed;
}

async function cursorsByDepth(records: DumpRecords, rows: number): Promise<[number, string][]> {
  const cursors: [number, string][] = [];
  for (const share of [0.001, 0.1, 0.5, 0.99]) {
    const offset = Math.floor(rows * share);
    const { rows: found } = await records.page({
      filter: {},
      order: { by: 'TIME', direction: 'DESC' },
      limit: 1,
      offset,
    });
    cursors.push([offset, found[0]?.cursor as string]);
  }
  return cursors;
}

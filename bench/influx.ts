import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDatabase } from '../src/database/database.ts';
import { createInfluxClient } from '../src/influx/influx-client.ts';
import type { DumpRecords } from '../src/records/dump-records.ts';
import { createFleetRecords } from '../src/records/influx/fleet-records.ts';
import { toLine } from '../src/records/influx/point.ts';
import { createSqliteRecords } from '../src/records/sqlite/sqlite-records.ts';
import type { WritingService } from '../src/records/sqlite/writing-service.ts';
import { sampleRecord } from '../test/contracts/sample-records.ts';
import { complete, emptyCatalogue, emptyOutbox } from '../test/fakes/fleet-parts.ts';
import { lacksInfluxDb3, startRealServer } from '../test/integration/influxdb3/real-server.ts';

// Records in a real InfluxDB 3 Core, beside the same in the catalogue:
//   INFLUXDB3_BIN=/path/to/influxdb3 npm run bench -- influx [--rows=100000] [--files=500] [--runs=20]
// The server writes a file for each ten minutes that have records, and reads 432 of them for one query.

const slotUs = 600_000_000;

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string', default: '100000' },
      files: { type: 'string', default: '500' },
      runs: { type: 'string', default: '20' },
    },
  });
  if (lacksInfluxDb3) throw new Error('INFLUXDB3_BIN names no program');
  const [rows, files, runs] = [Number(values.rows), Number(values.files), Number(values.runs)];
  await using opened = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'memoir-bench-influxdb3-'));
  opened.defer(() => rmSync(folder, { recursive: true, force: true }));
  const server = await startRealServer({
    folder: join(folder, 'influxdb3'),
    // What is written becomes files at once, as it does on a busy server after ten minutes.
    options: ['--wal-snapshot-size', '1'],
  });
  opened.defer(() => server.end('SIGKILL'));
  const client = createInfluxClient({ url: server.url, database: 'vmstats', token: '' });
  opened.defer(() => client.close());
  const database = openDatabase(join(folder, 'memoir.db'));
  opened.defer(() => database.close());
  const catalogue = await createSqliteRecords(database);
  const writing = await database.service<WritingService>('bulk', {
    module: new URL('../src/records/sqlite/writing-service.ts', import.meta.url).href,
    options: null,
  });

  const nowUs = Math.floor(Date.now() / 600_000) * slotUs;
  const perFile = Math.ceil(rows / files);
  const began = performance.now();
  for (let file = 0; file < files; file += 10) {
    const batch = Array.from({ length: Math.min(10, files - file) * perFile }, (_, index) => {
      const number = file * perFile + index;
      const timeUs = nowUs - Math.floor(number / perFile) * slotUs - (number % perFile) * 1_000_000;
      return sampleRecord(number, { timeUs, dom: `vm-${number % 500}` });
    });
    await client.write(batch.map(toLine));
    await writing.append(batch);
  }
  for (let nudge = 0; nudge < 6; nudge += 1) await client.write([`nudge n=${nudge} ${nowUs}000`]);
  console.log(
    `${rows} records in ${files} files, ${await client.version()}; written in ${((performance.now() - began) / 1000).toFixed(0)} s`,
  );
  const wide = { firstMs: 120_000, restMs: 1 };
  const fleet = createFleetRecords({
    client,
    catalogue: emptyCatalogue,
    outbox: emptyOutbox,
    completeness: complete,
    budgets: { page: wide, sums: wide },
  });
  const newest = { by: 'TIME', direction: 'DESC' } as const;
  const works: [string, (records: DumpRecords) => Promise<{ readonly source: string }>][] = [
    ['page of 50', (records) => records.page({ filter: {}, order: newest, limit: 50 })],
    ['page of 50 of a machine', (records) => records.page({ filter: { vms: ['vm-7'] }, order: newest, limit: 50 })],
    ['count', (records) => records.count({})],
    ['statistics', (records) => records.stats({})],
    ['machines', (records) => records.machines({})],
  ];
  for (const [name, work] of works) {
    for (const [store, records] of [
      ['InfluxDB', fleet],
      ['catalogue', catalogue],
    ] as const) {
      const { source } = await work(records);
      const times: number[] = [];
      for (let turn = 0; turn < runs; turn += 1) {
        const started = performance.now();
        await work(records);
        times.push(performance.now() - started);
      }
      times.sort((a, b) => a - b);
      const at = (share: number) =>
        (times[Math.min(runs - 1, Math.floor(share * runs))] as number).toFixed(1).padStart(8);
      console.log(
        `${name.padEnd(24)} ${store.padEnd(10)} p50 ${at(0.5)} ms   p99 ${at(0.99)} ms   ${source === 'CATALOGUE' ? '' : source}`,
      );
    }
  }
}

import { describe, expect, it, onTestFinished } from 'vitest';
import { createInfluxClient } from '../../../src/influx/influx-client.ts';
import { openOutbox } from '../../../src/influx/outbox/open-outbox.ts';
import { createCompleteness } from '../../../src/records/influx/completeness.ts';
import { createFleetRecords } from '../../../src/records/influx/fleet-records.ts';
import { createInfluxSync } from '../../../src/records/influx/influx-sync.ts';
import { toLine } from '../../../src/records/influx/point.ts';
import { sampleRecord } from '../../contracts/sample-records.ts';
import { complete, emptyCatalogue, emptyOutbox } from '../../fakes/fleet-parts.ts';
import { openWritableCatalogue } from '../../fakes/mark-service.ts';
import { openSameThreadDatabase } from '../../fakes/same-thread-database.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { lacksInfluxDb3, startRealServer } from './real-server.ts';

async function start(options: readonly string[]) {
  const influx = await startRealServer({ folder: temporaryFolder(), options });
  onTestFinished(() => influx.end('SIGKILL'));
  return influx;
}

const patience = { timeout: 30_000, interval: 200 };
const wide = { firstMs: 60_000, restMs: 1 };

describe.skipIf(lacksInfluxDb3)('the limits of a real InfluxDB 3 Core', { timeout: 120_000 }, () => {
  it('reads more files than one query may open', async () => {
    const influx = await start(['--gen1-duration', '1m', '--wal-snapshot-size', '1']);
    const client = createInfluxClient({ url: influx.url, database: 'vmstats', token: '' });
    onTestFinished(() => client.close());
    const nowUs = Date.now() * 1000;
    const all = Array.from({ length: 450 }, (_, number) =>
      sampleRecord(number, { timeUs: nowUs - (450 - number) * 60_000_000 }),
    );
    await client.write(all.map(toLine));
    // What is in the WAL becomes files when there is more of it.
    const limited = () =>
      client.sql({ text: 'SELECT count(*) AS n FROM mem_dumps' }).then(
        () => null,
        (error: { failure?: string }) => error.failure,
      );
    await expect
      .poll(async () => {
        await client.write([`nudge,a=b n=1 ${Date.now()}000000`]);
        return limited();
      }, patience)
      .toBe('FILE_LIMIT');
    const records = createFleetRecords({
      client,
      catalogue: emptyCatalogue,
      outbox: emptyOutbox,
      completeness: complete,
      budgets: { page: wide, sums: wide },
    });
    expect(await records.count({})).toMatchObject({ total: 450, source: 'INFLUX_SQL', warnings: [] });
    expect(await records.stats({})).toMatchObject({ totalDumps: 450, totalVms: 450, warnings: [] });
    const newest = await records.page({ filter: {}, order: { by: 'TIME', direction: 'DESC' }, limit: 440 });
    expect(newest).toMatchObject({ source: 'INFLUX_SQL', hasNext: true });
    expect(newest.rows.map(({ record }) => record)).toEqual(all.toReversed().slice(0, 440));
  });

  it('gives back what it looks back too short for', async () => {
    const options = ['--gen1-duration', '1m', '--wal-snapshot-size', '1', '--snapshotted-wal-files-to-keep', '0'];
    const influx = await start(options);
    const database = openSameThreadDatabase(`${temporaryFolder()}/memoir.db`);
    const client = createInfluxClient({ url: influx.url, database: 'vmstats', token: '' });
    const outbox = await openOutbox(database, client);
    const catalogue = await openWritableCatalogue(database);
    const completeness = createCompleteness();
    onTestFinished(async () => {
      await outbox.close();
      await client.close();
      await database.close();
    });
    const parts = { client, catalogue, outbox, completeness, budgets: { page: wide, sums: wide } };
    const records = createFleetRecords(parts);
    const old = sampleRecord(1);
    await catalogue.append(old);
    await client.write([toLine(old)]);
    for (let turn = 0; turn < 12; turn += 1) await client.write([`nudge,a=b n=${turn} ${Date.now()}000000`]);
    expect(await records.count({})).toMatchObject({ total: 1, source: 'INFLUX_SQL' });
    await influx.end('SIGTERM');
    await influx.start([...options, '--gen1-lookback-duration', '1m']);
    // It is on the disk, and not in the index.
    const seen = () => client.sql({ text: "SELECT count(*) AS n FROM mem_dumps WHERE time > '2020-01-01T00:00:00Z'" });
    expect(await seen()).toEqual([{ n: 0n }]);
    expect(await records.count({})).toMatchObject({ total: 1, source: 'CATALOGUE', warnings: [expect.any(String)] });
    const sync = createInfluxSync({ ...parts, host: 'host-1' });
    const run = () => sync.run({ dryRun: false, signal: new AbortController().signal, report() {} });
    expect(await run()).toMatchObject({ written: 1, refused: 0 });
    expect(await seen()).toEqual([{ n: 1n }]);
    expect(await records.count({})).toMatchObject({ total: 1, source: 'INFLUX_SQL', warnings: [] });
    // One that looks back as far as ever finds the same point twice on its disk, and shows it once.
    await influx.end('SIGTERM');
    await influx.start(options);
    expect(await seen()).toEqual([{ n: 1n }]);
    expect(await run()).toMatchObject({ written: 0, imported: 0, points: 1 });
  });

  it('answers from elsewhere when it has too little memory for a query', async () => {
    const influx = await start(['--exec-mem-pool-bytes', '1']);
    const client = createInfluxClient({ url: influx.url, database: 'vmstats', token: '' });
    onTestFinished(() => client.close());
    for (let at = 0; at < 20_000; at += 2_000)
      await client.write(Array.from({ length: 2_000 }, (_, number) => toLine(sampleRecord(at + number))));
    const database = openSameThreadDatabase(`${temporaryFolder()}/memoir.db`);
    onTestFinished(() => database.close());
    const catalogue = await openWritableCatalogue(database);
    const records = createFleetRecords({
      client,
      catalogue,
      outbox: emptyOutbox,
      completeness: createCompleteness(),
      budgets: { page: wide, sums: wide },
    });
    await expect(client.sql({ text: 'SELECT * FROM mem_dumps ORDER BY sha256' })).rejects.toMatchObject({
      failure: 'TROUBLED',
      message: expect.stringMatching(/memory|Resources exhausted/i),
    });
    const answer = await records.page({
      filter: {},
      order: { by: 'SIZE', direction: 'DESC' },
      limit: 1_000,
      offset: 8_000,
    });
    expect(answer).toMatchObject({
      source: 'CATALOGUE',
      warnings: [expect.stringMatching(/could not be asked: .*(memory|Resources exhausted)/i)],
    });
  });

  it('answers from elsewhere when another writer has made the table unreadable', async () => {
    const influx = await start([]);
    const client = createInfluxClient({ url: influx.url, database: 'vmstats', token: '' });
    onTestFinished(() => client.close());
    const database = openSameThreadDatabase(`${temporaryFolder()}/memoir.db`);
    onTestFinished(() => database.close());
    const catalogue = await openWritableCatalogue(database);
    const record = sampleRecord(1);
    await catalogue.append(record);
    await client.write([toLine(record)]);
    const completeness = createCompleteness();
    const budgets = { page: wide, sums: wide };
    const records = createFleetRecords({ client, catalogue, outbox: emptyOutbox, completeness, budgets });
    expect(await records.count({})).toMatchObject({ total: 1, source: 'INFLUX_SQL' });
    // A tag that is named twice is accepted, and the table's columns differ in length from then on.
    await client.write(['mem_dumps,dom=web,dom=db,vmid=1 sha256="ab" 1700000000000000000']);
    await client.write([toLine(sampleRecord(2))]);
    expect(await records.count({})).toMatchObject({
      total: 1,
      source: 'CATALOGUE',
      warnings: [expect.stringContaining('must have the same length')],
    });
  });
});

import { expect, it, onTestFinished } from 'vitest';
import { createInfluxClient } from '../../src/influx/influx-client.ts';
import { openOutbox } from '../../src/influx/outbox/open-outbox.ts';
import { createCompleteness } from '../../src/records/influx/completeness.ts';
import { createFleetRecords } from '../../src/records/influx/fleet-records.ts';
import { createInfluxSync } from '../../src/records/influx/influx-sync.ts';
import { toLine } from '../../src/records/influx/point.ts';
import { dayUs, hostileNames, midnightUs, sampleRecord } from '../contracts/sample-records.ts';
import { startInfluxDouble } from '../fakes/influxdb3/double.ts';
import { openLineService } from '../fakes/line-service.ts';
import { openWritableCatalogue } from '../fakes/mark-service.ts';
import { openSameThreadDatabase } from '../fakes/same-thread-database.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const names = ['vmstats', 'mem_dumps'] as const;
const nothing = { written: 0, corrected: 0, imported: 0, elsewhere: 0, kept: 0, refused: 0, refusal: null };

async function open() {
  const double = await startInfluxDouble();
  const database = openSameThreadDatabase(`${temporaryFolder()}/memoir.db`);
  const catalogue = await openWritableCatalogue(database);
  const completeness = createCompleteness();
  const client = createInfluxClient({ url: double.url, database: 'vmstats', token: '' });
  const outbox = await openOutbox(database, client);
  onTestFinished(async () => {
    await outbox.close();
    await client.close();
    await database.close();
    await double.close();
  });
  const sync = createInfluxSync({ client, catalogue, outbox, completeness, host: 'host-1' });
  const reports: [number, number][] = [];
  return {
    double,
    catalogue,
    completeness,
    client,
    outbox,
    lines: () => openLineService(database),
    reports,
    run: (dryRun = false, signal = new AbortController().signal) =>
      sync.run({ dryRun, signal, report: (done, total) => void reports.push([done, total]) }),
    /** Writes as an old script does: without an id, at any nanosecond. */
    script: (dom: string, timeNs: bigint) =>
      client.write([
        `mem_dumps,dom=${dom},vmid=7 sha256="abc",duration_sec=2.5,gzip_size_bytes=10i,dump_path="/d/x.raw.gz" ${timeNs}`,
      ]),
    points: () => double.store.table(...names)?.rows.size ?? 0,
  };
}

const ns = (timeUs: number) => BigInt(timeUs) * 1000n;

it('writes what is missing, the same bytes as ever, with what became of the artifact since; then finds nothing to do', async () => {
  const { run, catalogue, double, points, reports } = await open();
  const records = [...hostileNames.entries()].map(([number, dom]) => sampleRecord(number, { dom }));
  for (const record of records) await catalogue.append(record);
  await catalogue.mark(records[3]?.id as string, 'DELETED');
  expect(await run(true)).toEqual({ ...nothing, dryRun: true, records: 21, points: 0, written: 21 });
  expect(points()).toBe(0);
  expect(await run()).toEqual({ ...nothing, dryRun: false, records: 21, points: 0, written: 21 });
  expect(points()).toBe(records.length);
  expect(double.store.taken.filter((line) => line.includes('sha256'))).toEqual(records.map(toLine));
  expect(reports.at(-1)).toEqual([21, 42]);
  expect(await run()).toEqual({ ...nothing, dryRun: false, records: 21, points: 21 });
  expect(double.store.taken).toHaveLength(22);
});

it('imports points of old scripts, to the nanosecond and within one microsecond, once', async () => {
  const { run, script, catalogue, points, double } = await open();
  await script('old', ns(midnightUs) + 123n);
  await script('old', ns(midnightUs) + 124n);
  await script('old', ns(midnightUs) + 999n);
  await script('older', ns(midnightUs - 400 * dayUs) + 5n);
  expect(await run()).toMatchObject({ imported: 2, written: 0 });
  expect((await catalogue.page({ filter: {}, order: { by: 'TIME', direction: 'ASC' }, limit: 9 })).rows).toMatchObject([
    { record: { id: `point:${midnightUs - 400 * dayUs}:7:older`, dom: 'older', compression: 'GZIP', format: 'RAW' } },
    { record: { id: `point:${midnightUs}:7:old`, timeUs: midnightUs, sizeBytes: 10, durationSec: 2.5 } },
  ]);
  expect(await run()).toMatchObject({ ...nothing, records: 2 });
  // It knows more than the time that a record has: what it forgot is not written back under another one.
  double.store.forgetBefore(...names, 2n ** 62n);
  expect(await run()).toMatchObject({ ...nothing, kept: 2 });
  expect(points()).toBe(0);
});

it('leaves the points of other hosts to them, and takes its own back when the catalogue was lost', async () => {
  const { run, client, catalogue } = await open();
  const [own, other] = [sampleRecord(1, { dom: 'a,b=c \\' }), sampleRecord(2, { host: 'host-2' })];
  await client.write([toLine(own), toLine(other)]);
  expect(await run()).toMatchObject({ imported: 1, elsewhere: 1 });
  expect(await catalogue.get([own.id, other.id])).toEqual([own, null]);
  expect(await run()).toMatchObject({ ...nothing, elsewhere: 1 });
});

it('corrects a state that never arrived, and does not write twice what waits in the outbox', async () => {
  const { run, catalogue, client, outbox, lines, double } = await open();
  const [marked, waiting] = [sampleRecord(1), sampleRecord(2)];
  await catalogue.append(marked);
  await catalogue.append(waiting);
  await client.write([toLine(marked)]);
  await catalogue.mark(marked.id, 'DAMAGED');
  double.knobs.onWrite = (lines) => (lines[0] === toLine(waiting) ? { status: 503 } : null);
  await (await lines()).enqueue(waiting.id, [toLine(waiting)]);
  outbox.wake();
  expect(await run()).toMatchObject({ ...nothing, corrected: 1 });
  double.knobs.onWrite = () => null;
  await outbox.retry();
  await expect.poll(async () => (await outbox.status()).waiting).toBe(0);
  expect(await run()).toMatchObject({ ...nothing, points: 2 });
  expect(double.store.taken.filter((line) => line === toLine(waiting))).toHaveLength(1);
});

it('reads thousands of both side by side, through servers that read only some files at once', async () => {
  const { run, catalogue, completeness, client, script, double, points, outbox } = await open();
  const spread = (number: number) => midnightUs - number * 7_200_000_000;
  const records = Array.from({ length: 1_100 }, (_, number) => sampleRecord(number, { timeUs: spread(number) }));
  await Promise.all(records.map((record) => catalogue.append(record)));
  const there = records.filter((_, number) => number % 3 !== 0).map(toLine);
  await client.write(there);
  for (let number = 0; number < 40; number += 1) await script(`s${number}`, ns(spread(number * 25)) + 77n);
  double.knobs.fileLimit = 100;
  expect(await run()).toMatchObject({
    ...nothing,
    written: 1_100 - there.length,
    imported: 40,
    points: there.length + 40,
  });
  expect(points()).toBe(1_140);
  expect(await run()).toMatchObject({ ...nothing, records: 1_140, points: 1_140 });
  const fleet = createFleetRecords({ client, catalogue, outbox, completeness, budgets: patient });
  expect(await fleet.stats({})).toMatchObject({ totalDumps: 1_140, source: 'INFLUX_SQL' });
  expect((await catalogue.stats({})).totalDumps).toBe(1_140);
});

const patient = { page: { firstMs: 20_000, restMs: 1 }, sums: { firstMs: 20_000, restMs: 1 } };

it('goes by HTTP where SQL is not to be had, and names the same points', async () => {
  const { run, catalogue, script, double } = await open();
  await script('old', ns(midnightUs) + 999n);
  await catalogue.append(sampleRecord(1));
  expect(await run()).toMatchObject({ written: 1, imported: 1 });
  double.knobs.onFlight = () => ({ code: 12, message: 'Flight is not implemented' });
  expect(await run()).toMatchObject({ ...nothing, records: 2, points: 2 });
});

it('says which records InfluxDB refuses, writes the others, and keeps those as dead letters until a later run has written them', async () => {
  const { run, catalogue, double, outbox } = await open();
  for (let number = 0; number < 9; number += 1) await catalogue.append(sampleRecord(number));
  const bad = toLine(sampleRecord(4));
  double.knobs.onWrite = (lines) => (lines.includes(bad) ? { status: 422, body: 'too many columns' } : null);
  const refused = { written: 8, refused: 1, refusal: expect.stringContaining('too many columns') };
  expect(await run()).toMatchObject(refused);
  expect(await run()).toMatchObject({ ...refused, written: 0 });
  const letter = { key: sampleRecord(4).id, line: bad, reason: expect.stringContaining('too many columns') };
  expect(await outbox.deadLetters(9)).toMatchObject([letter]);
  double.knobs.onWrite = () => null;
  expect(await run()).toMatchObject({ written: 1, refused: 0 });
  expect(await outbox.status()).toMatchObject({ overflowed: 0, dead: 0 });
});

it('ends when it is told to, and with the reason when InfluxDB does not respond', async () => {
  const { run, double } = await open();
  await expect(run(false, AbortSignal.abort(new Error('enough')))).resolves.toMatchObject({ records: 0 });
  await double.stop();
  await expect(run()).rejects.toMatchObject({
    code: 'INFLUX_UNAVAILABLE',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

import { parseArgs } from 'node:util';
import { createInfluxClient } from '../src/influx/influx-client.ts';
import { createFleetRecords } from '../src/records/influx/fleet-records.ts';
import { toLine } from '../src/records/influx/point.ts';
import { sampleRecord } from '../test/contracts/sample-records.ts';
import { complete, emptyCatalogue, emptyOutbox } from '../test/fakes/fleet-parts.ts';
import { startInfluxDouble } from '../test/fakes/influxdb3/double.ts';

// The fleet's records in an InfluxDB 3 Core that holds 5,000 files of ten minutes and reads 432 of them for one query:
//   npm run bench -- fleet [--slots=5000] [--runs=20]
// The server is the test's double, in this process and nothing but JavaScript: what is told of a real one is how many queries an
// answer takes and how many of them were refused for their files; the times hold the double's own work.

const slotUs = 600_000_000;

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { slots: { type: 'string', default: '5000' }, runs: { type: 'string', default: '20' } },
  });
  const [slots, runs] = [Number(values.slots), Number(values.runs)];
  await using opened = new AsyncDisposableStack();
  const double = await startInfluxDouble();
  opened.defer(() => double.close());
  const client = createInfluxClient({ url: double.url, database: 'vmstats', token: '' });
  opened.defer(() => client.close());
  const nowUs = Date.now() * 1000;
  for (let at = 0; at < slots; at += 500) {
    const numbers = Array.from({ length: Math.min(500, slots - at) }, (_, index) => at + index);
    await client.write(numbers.map((number) => toLine(sampleRecord(number, { timeUs: nowUs - number * slotUs }))));
  }
  const patient = { firstMs: 60_000, restMs: 1 };
  const records = createFleetRecords({
    client,
    catalogue: emptyCatalogue,
    outbox: emptyOutbox,
    completeness: complete,
    budgets: { page: patient, sums: patient },
  });
  console.log(`${slots} files of ten minutes without a gap, ${double.knobs.fileLimit} to a query, ${runs} runs each`);

  const newest = { by: 'TIME', direction: 'DESC' } as const;
  const week = { fromUs: nowUs - 14 * 144 * slotUs, untilUs: nowUs - 7 * 144 * slotUs };
  const works: [string, () => Promise<unknown>][] = [
    ['page of 50', () => records.page({ filter: {}, order: newest, limit: 50 })],
    ['page of 50 at offset 4000', () => records.page({ filter: {}, order: newest, limit: 50, offset: 4_000 })],
    ['page of 50 by size', () => records.page({ filter: {}, order: { by: 'SIZE', direction: 'DESC' }, limit: 50 })],
    ['page of 1000', () => records.page({ filter: {}, order: newest, limit: 1_000 })],
    ['count', () => records.count({})],
    ['statistics', () => records.stats({})],
    ['statistics of a week', () => records.stats(week)],
    ['days', () => records.series({})],
  ];
  for (const [name, work] of works) {
    const times: number[] = [];
    const asked = double.queries.length;
    for (let turn = -1; turn < runs; turn += 1) {
      const started = performance.now();
      await work();
      if (turn >= 0) times.push(performance.now() - started);
    }
    times.sort((a, b) => a - b);
    const queries = (double.queries.length - asked) / (runs + 1);
    const at = (share: number) =>
      (times[Math.min(runs - 1, Math.floor(share * runs))] as number).toFixed(0).padStart(5);
    console.log(
      `${name.padEnd(28)} p50 ${at(0.5)} ms   p99 ${at(0.99)} ms   ${queries.toFixed(1).padStart(5)} queries`,
    );
  }
}

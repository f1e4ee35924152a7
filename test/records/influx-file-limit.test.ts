import { expect, it } from 'vitest';
import { createInfluxClient } from '../../src/influx/influx-client.ts';
import type { RecordFilter, RecordOrder } from '../../src/records/dump-records.ts';
import { createFleetRecords } from '../../src/records/influx/fleet-records.ts';
import { toLine } from '../../src/records/influx/point.ts';
import { expectedOrder, expectedRecords, expectedSeries, expectedStats } from '../contracts/record-model.ts';
import { dayUs, midnightUs, sampleRecord } from '../contracts/sample-records.ts';
import { complete, emptyCatalogue, emptyOutbox } from '../fakes/fleet-parts.ts';
import { startInfluxDouble } from '../fakes/influxdb3/double.ts';
import { thorough } from '../thorough.ts';

// InfluxDB 3 Core refuses a query that would open more than 432 files, and every ten minutes with a dump are a file. Here are
// many more: a busy month without a gap, and years with a dump now and then.

const slotUs = 600_000_000;
const [files, withoutGap] = thorough ? [5_000, 4_320] : [1_500, 1_296];
const all = Array.from({ length: files }, (_, number) => {
  const timeUs =
    number < withoutGap
      ? midnightUs - number * slotUs
      : midnightUs - 30 * dayUs - (number - withoutGap + 1) * 7 * 144 * 0.31 * slotUs;
  return sampleRecord(number, { timeUs: Math.floor(timeUs), dom: `vm-${number % 50}`, durationSec: number % 60 });
});
const ids = (records: readonly { id: string }[]) => records.map(({ id }) => id);
const newest: RecordOrder = { by: 'TIME', direction: 'DESC' };

it('thousands of files: pages, counts, sums and days are whole, and no answer fails for their number', async () => {
  await using opened = new AsyncDisposableStack();
  const double = await startInfluxDouble();
  opened.defer(() => double.close());
  const client = createInfluxClient({ url: double.url, database: 'vmstats', token: '' });
  opened.defer(() => client.close());
  for (let at = 0; at < all.length; at += 500) await client.write(all.slice(at, at + 500).map(toLine));
  expect(double.store.files(double.store.table('vmstats', 'mem_dumps') as never, 0n, 2n ** 63n)).toBe(files);
  // Asked for without bounds, as the old dashboards do, it is refused.
  await expect(client.sql({ text: 'SELECT count(*) AS n FROM mem_dumps' })).rejects.toMatchObject({
    failure: 'FILE_LIMIT',
  });

  const patient = { firstMs: 30_000, restMs: 1 };
  const records = createFleetRecords({
    client,
    catalogue: emptyCatalogue,
    outbox: emptyOutbox,
    completeness: complete,
    budgets: { page: patient, sums: patient },
  });

  let walked: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await records.page({ filter: {}, order: newest, limit: 1000, ...(after !== undefined && { after }) });
    expect(page).toMatchObject({ source: 'INFLUX_SQL', warnings: [] });
    walked = [...walked, ...ids(page.rows.map(({ record }) => record))];
    after = page.rows.at(-1)?.cursor;
    if (!page.hasNext) break;
  }
  expect(walked).toEqual(ids(expectedOrder(all, newest)));

  const filters: RecordFilter[] = [{}, { vms: ['vm-7'], fromUs: midnightUs - 40 * dayUs, untilUs: midnightUs - dayUs }];
  for (const filter of filters) {
    const expected = expectedRecords(all, filter);
    expect((await records.count(filter)).total).toBe(expected.length);
    const { avgDurationSec, ...sums } = expectedStats(expected);
    const stats = await records.stats(filter);
    expect(stats).toMatchObject({ ...sums, source: 'INFLUX_SQL', warnings: [] });
    expect(stats.avgDurationSec).toBeCloseTo(avgDurationSec as number, 6);
    expect((await records.series(filter)).days.map(({ dayMs, dumps }) => [dayMs, dumps])).toEqual(
      expectedSeries(expected).map(({ dayMs, dumps }) => [dayMs, dumps]),
    );
    const bySize: RecordOrder = { by: 'SIZE', direction: 'DESC' };
    const { rows } = await records.page({ filter, order: bySize, limit: 20 });
    expect(ids(rows.map(({ record }) => record))).toEqual(ids(expectedOrder(expected, bySize)).slice(0, 20));
  }
});

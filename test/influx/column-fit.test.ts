import { expect, it, onTestFinished } from 'vitest';
import { fitColumns, fitLine } from '../../src/influx/column-fit.ts';
import { createInfluxClient } from '../../src/influx/influx-client.ts';
import { toLine } from '../../src/records/influx/point.ts';
import { hostileNames, sampleRecord } from '../contracts/sample-records.ts';
import { startInfluxDouble } from '../fakes/influxdb3/double.ts';
import { parseLine } from '../fakes/influxdb3/lines.ts';

async function open() {
  const double = await startInfluxDouble();
  const client = createInfluxClient({ url: double.url, database: 'vmstats', token: '' });
  onTestFinished(async () => {
    await client.close();
    await double.close();
  });
  return { double, client, fitted: fitColumns(client) };
}

/** The example that the old system printed: numbers without `i` are floats. */
const example = 'mem_dumps,dom=old,vmid=1 sha256="ab",duration_sec=2,gzip_size_bytes=10,ctime=1,mtime=2,atime=3 1000';

it('writes into a table that a script began with float columns, where the same line would be refused', async () => {
  const { client, fitted, double } = await open();
  await client.write([example]);
  const line = toLine(sampleRecord(1, { dom: 'quote"d, x=1i' }));
  await expect(client.write([line])).rejects.toMatchObject({ failure: 'BAD_LINE' });
  await fitted.write([line, toLine(sampleRecord(2))]);
  const rows = [...(double.store.table('vmstats', 'mem_dumps')?.rows.values() ?? [])];
  expect(rows.map((row) => row.get('gzip_size_bytes'))).toEqual([10, 200_000_001, 200_000_002]);
  // Columns that the script did not begin have our own types.
  expect(rows.at(-1)?.get('raw_size_bytes')).toBe(1_073_741_824n);
});

it('rounds a fraction for a column of whole numbers', async () => {
  const { client, fitted, double } = await open();
  await client.write(['mem_dumps,dom=old,vmid=1 sha256="ab",duration_sec=2i 1000']);
  await fitted.write([toLine(sampleRecord(3))]);
  expect([...(double.store.table('vmstats', 'mem_dumps')?.rows.values() ?? [])].at(-1)?.get('duration_sec')).toBe(2n);
});

it('refuses what no type can mend, and says what was said first', async () => {
  const { client, fitted } = await open();
  await client.write(['mem_dumps,dom=old,vmid=1 sha256=12 1000']);
  await expect(fitted.write([toLine(sampleRecord(1))])).rejects.toMatchObject({
    failure: 'BAD_LINE',
    message: expect.stringContaining("column 'sha256'"),
  });
});

it('changes nothing of a line but the numbers that are meant', () => {
  const types = new Map([
    ...['ctime', 'gzip_size_bytes', 'sha256', 'dump_path'].map((name) => [name, 'Float64'] as const),
  ]);
  for (const [number, dom] of hostileNames.entries()) {
    const line = toLine(sampleRecord(number, { dom, dumpPath: `/d/${dom}/ctime=12i,x=1i ` }));
    expect(fitLine(line, new Map())).toBe(line);
    const [before, after] = [parseLine(line), parseLine(fitLine(line, types))];
    expect(after.tags).toEqual(before.tags);
    expect(after.time).toBe(before.time);
    for (const [name, { type, value }] of before.fields) {
      const isMeant = ['ctime', 'gzip_size_bytes'].includes(name);
      expect(after.fields.get(name)).toEqual(isMeant ? { type: 'float', value: Number(value) } : { type, value });
    }
  }
});

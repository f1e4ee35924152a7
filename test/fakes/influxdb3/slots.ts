import type { DumpRecord } from '../../../src/records/dump-record.ts';
import { toLine } from '../../../src/records/influx/point.ts';
import { sampleRecord } from '../../contracts/sample-records.ts';
import type { InfluxDouble } from './double.ts';

/** InfluxDB 3 keeps the points of ten minutes in files of their own. */
const slotUs = 600_000_000;

/** One record in each of `count` such stretches, the newest first; all of them in the database. */
export function fillSlots(double: InfluxDouble, database: string, count: number, nowUs: number): DumpRecord[] {
  const records = Array.from({ length: count }, (_, number) =>
    sampleRecord(number + 1, { timeUs: nowUs - (number + 1) * slotUs }),
  );
  double.store.write(database, records.map(toLine).join('\n'), false, 0n);
  return records;
}

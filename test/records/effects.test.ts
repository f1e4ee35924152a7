import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { transact } from '../../src/database/connection.ts';
import { openEffect as openAppend } from '../../src/records/sqlite/append-effect.ts';
import { openEffect as openMark } from '../../src/records/sqlite/mark-effect.ts';
import { openService } from '../../src/records/sqlite/reading-service.ts';
import { sampleRecord } from '../contracts/sample-records.ts';

it('the journal’s effects write records within its transaction, all or nothing, twice as well as once', () => {
  const connection = new DatabaseSync(':memory:');
  onTestFinished(() => connection.close());
  const append = openAppend(connection);
  const mark = openMark(connection);
  const reading = openService(connection, {});
  const record = sampleRecord(1);
  const payload = JSON.parse(JSON.stringify(record));

  const failing = () =>
    transact(connection, () => {
      append(payload);
      throw new Error('the journal refuses');
    });
  expect(failing).toThrow('the journal refuses');
  expect(reading.stats({})).toMatchObject({ totalDumps: 0, totalVms: 0, totalSizeBytes: 0 });

  transact(connection, () => append(payload));
  transact(connection, () => append(payload));
  transact(connection, () => mark({ id: record.id, state: 'DELETED' }));
  transact(connection, () => mark({ id: 'nobody', state: 'DELETED' }));
  expect(reading.get([record.id])).toEqual([{ ...record, state: 'DELETED' }]);
  expect(reading.stats({})).toMatchObject({ totalDumps: 1, totalVms: 1, totalSizeBytes: record.sizeBytes });
});

import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { transact } from '../../src/database/connection.ts';
import type { Effect } from '../../src/database/effect.ts';
import { openEffects } from '../../src/records/record-effect-writers.ts';
import { appendRecord, markRecord } from '../../src/records/record-effects.ts';
import { openService } from '../../src/records/sqlite/reading-service.ts';
import { sampleRecord } from '../contracts/sample-records.ts';

it('the journal’s effects write records within its transaction, all or nothing, twice as well as once', async () => {
  const connection = new DatabaseSync(':memory:');
  onTestFinished(() => connection.close());
  const writers = await openEffects(connection, { publish: false });
  const write = (effect: Effect) => writers.find(({ type }) => type === effect.type)?.write(effect.payload);
  const reading = openService(connection, {});
  const record = sampleRecord(1);

  const failing = () =>
    transact(connection, () => {
      write(appendRecord.of(record));
      throw new Error('the journal refuses');
    });
  expect(failing).toThrow('the journal refuses');
  expect(reading.stats({})).toMatchObject({ totalDumps: 0, totalVms: 0, totalSizeBytes: 0 });

  transact(connection, () => write(appendRecord.of(record)));
  transact(connection, () => write(appendRecord.of(record)));
  transact(connection, () => write(markRecord.of({ id: record.id, state: 'DELETED' })));
  transact(connection, () => write(markRecord.of({ id: 'nobody', state: 'DELETED' })));
  expect(reading.get([record.id])).toEqual([{ ...record, state: 'DELETED' }]);
  expect(reading.stats({})).toMatchObject({ totalDumps: 1, totalVms: 1, totalSizeBytes: record.sizeBytes });
});

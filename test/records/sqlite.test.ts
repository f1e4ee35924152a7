import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { createSqliteRecords } from '../../src/records/sqlite/sqlite-records.ts';
import { dumpRecordsSuite } from '../contracts/dump-records.ts';
import { sampleRecord } from '../contracts/sample-records.ts';
import { openEverydayDatabase } from '../fakes/everyday-database.ts';
import { openWritableCatalogue } from '../fakes/mark-service.ts';
import { thorough } from '../thorough.ts';

function open(options: Parameters<typeof createSqliteRecords>[1]) {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'memoir-records-'));
    const database = openEverydayDatabase(join(folder, 'memoir.db'));
    return {
      records: await openWritableCatalogue(database, options),
      async close() {
        await database.close();
        rmSync(folder, { recursive: true });
      },
    };
  };
}

dumpRecordsSuite('SQLite', open({}));

// What a catalogue of a million records does, on the few records of the suite.
if (thorough)
  dumpRecordsSuite(
    'SQLite, reading as if there were many records',
    open({ limits: { gathered: 0, streams: 0, lookedUp: 0, readPerInstance: 0 } }),
  );

it('the catalogue never takes a record back from DELETED: a verification may end after the deletion', async () => {
  const { records, close } = await open({})();
  onTestFinished(close);
  const record = sampleRecord(1);
  await records.append(record);
  await records.mark(record.id, 'DELETED');
  for (const state of ['AVAILABLE', 'DAMAGED'] as const) {
    await records.mark(record.id, state);
    expect(await records.get([record.id])).toEqual([{ ...record, state: 'DELETED' }]);
    expect(await records.stats({ states: [state] })).toMatchObject({ totalDumps: 0 });
  }
});

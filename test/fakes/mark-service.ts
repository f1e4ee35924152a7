import type { DatabaseSync } from 'node:sqlite';
import { transact } from '../../src/database/connection.ts';
import type { Database } from '../../src/database/database.ts';
import type { RecordState } from '../../src/records/dump-record.ts';
import type { DumpRecords, RecordCatalogue } from '../../src/records/dump-records.ts';
import { createRecordWriter } from '../../src/records/sqlite/record-writer.ts';
import { createSqliteRecords } from '../../src/records/sqlite/sqlite-records.ts';

/** Records that a test can change: the product changes them by effects of its journal. */
export interface WritableRecords extends DumpRecords {
  append: RecordCatalogue['append'];
  /** False if there is no such record. */
  mark(id: string, state: RecordState): Promise<boolean>;
}

type MarkService = ReturnType<typeof openService>;

/** The catalogue, and the journal's effect on a record as a method. */
export async function openWritableCatalogue(
  database: Database,
  options?: Parameters<typeof createSqliteRecords>[1],
): Promise<WritableRecords> {
  const catalogue = await createSqliteRecords(database, options);
  const { mark } = await database.service<MarkService>('marks', { module: import.meta.url, options: null });
  return { ...catalogue, mark };
}

export function openService(connection: DatabaseSync) {
  const writer = createRecordWriter(connection);
  return {
    mark: (id: string, state: RecordState): boolean => transact(connection, () => writer.mark(id, state) !== null),
  };
}

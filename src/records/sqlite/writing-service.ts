import type { DatabaseSync } from 'node:sqlite';
import { transact } from '../../database/connection.ts';
import type { DumpRecord } from '../dump-record.ts';
import { createRecordWriter } from './record-writer.ts';

export type WritingService = ReturnType<typeof openService>;

/** The part of the records that lives on the writing thread. */
export function openService(connection: DatabaseSync) {
  const writer = createRecordWriter(connection);
  return {
    /** Answers how many were new. All of them are durable when it returns, or none. */
    append: (records: readonly DumpRecord[]): number =>
      transact(connection, () => records.filter((record) => writer.append(record)).length),
  };
}

import type { DatabaseSync } from 'node:sqlite';
import type { Json } from '../../domain/json.ts';
import type { DumpRecord } from '../dump-record.ts';
import { createRecordWriter } from './record-writer.ts';

/** The journal's effect `record.append`: its payload is the record. Runs inside of the transaction that completes the dump. */
export function openEffect(connection: DatabaseSync): (payload: Json) => void {
  const writer = createRecordWriter(connection);
  return (payload) => {
    writer.append(payload as unknown as DumpRecord);
  };
}

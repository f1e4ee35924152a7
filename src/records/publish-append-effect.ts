import type { DatabaseSync } from 'node:sqlite';
import type { Json } from '../domain/json.ts';
import { createOutboxWriter } from '../influx/outbox/outbox-writer.ts';
import type { DumpRecord } from './dump-record.ts';
import { toLine } from './influx/point.ts';
import { createRecordWriter } from './sqlite/record-writer.ts';

/**
 * The journal's effect `record.append` where there is an InfluxDB: the record goes into the catalogue, and its line, fixed here
 * and now, into the outbox. All of it is in the transaction that completes the dump.
 */
export function openEffect(connection: DatabaseSync): (payload: Json) => void {
  const writer = createRecordWriter(connection);
  const enqueue = createOutboxWriter(connection);
  return (payload) => {
    const record = payload as unknown as DumpRecord;
    if (writer.append(record)) enqueue(record.id, [toLine(record)]);
  };
}

import type { DatabaseSync } from 'node:sqlite';
import type { Json } from '../domain/json.ts';
import { createOutboxWriter } from '../influx/outbox/outbox-writer.ts';
import type { RecordState } from './dump-record.ts';
import { toStateLines } from './influx/point.ts';
import { createRecordWriter } from './sqlite/record-writer.ts';

/** The journal's effect `record.mark` where there is an InfluxDB: what became of an artifact, in the catalogue and on its way. */
export function openEffect(connection: DatabaseSync): (payload: Json) => void {
  const writer = createRecordWriter(connection);
  const enqueue = createOutboxWriter(connection);
  return (payload) => {
    const { id, state } = payload as { id: string; state: RecordState };
    if (writer.mark(id, state) !== true) return;
    const record = writer.get(id);
    if (record !== null) enqueue(`mark:${id}`, toStateLines(record, state, Date.now()));
  };
}

import type { DatabaseSync } from 'node:sqlite';
import type { Json } from '../../domain/json.ts';
import type { RecordState } from '../dump-record.ts';
import { createRecordWriter } from './record-writer.ts';

/**
 * The journal's effect `record.mark`: its payload is `{id, state}`. A record that is not there is no failure: what is to
 * be said of the artifact stays true, and the journal must be able to say it.
 */
export function openEffect(connection: DatabaseSync): (payload: Json) => void {
  const writer = createRecordWriter(connection);
  return (payload) => {
    const { id, state } = payload as { id: string; state: RecordState };
    writer.mark(id, state);
  };
}

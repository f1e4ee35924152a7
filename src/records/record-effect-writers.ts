import type { DatabaseSync } from 'node:sqlite';
import type { EffectWriter } from '../database/effect.ts';
import type { DumpRecord, RecordState } from './dump-record.ts';
import { appendRecord, markRecord } from './record-effects.ts';
import { createRecordWriter } from './sqlite/record-writer.ts';

interface Publisher {
  appended(record: DumpRecord): void;
  marked(record: DumpRecord, state: RecordState): void;
}

/** Runs inside of the transaction that completes or notes an operation. */
export async function openEffects(
  connection: DatabaseSync,
  { publish }: { readonly publish: boolean },
): Promise<EffectWriter[]> {
  const writer = createRecordWriter(connection);
  const publisher = publish ? await openPublisher(connection) : undefined;
  return [
    appendRecord.writer((record) => {
      if (writer.append(record)) publisher?.appended(record);
    }),
    markRecord.writer(({ id, state }) => {
      if (writer.mark(id, state) !== true || publisher === undefined) return;
      const record = writer.get(id);
      if (record !== null) publisher.marked(record, state);
    }),
  ];
}

/** The lines are fixed here and now, into the outbox. Loaded only where there is an InfluxDB. */
async function openPublisher(connection: DatabaseSync): Promise<Publisher> {
  const { createOutboxWriter } = await import('../influx/outbox/outbox-writer.ts');
  const { toLine, toStateLines } = await import('./influx/point.ts');
  const enqueue = createOutboxWriter(connection);
  return {
    appended: (record) => void enqueue(record.id, [toLine(record)]),
    marked: (record, state) => void enqueue(`mark:${record.id}`, toStateLines(record, state, Date.now())),
  };
}

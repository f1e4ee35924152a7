import type { DatabaseSync } from 'node:sqlite';
import type { EffectWriter } from '../database/effect.ts';
import type { DumpRecord, RecordState } from './dump-record.ts';
import { refuseHeld } from './holds.ts';
import { appendRecord, markRecord } from './record-effects.ts';
import { createHoldCheck } from './sqlite/holds-service.ts';
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
    refuseHeld.writer(createHoldCheck(connection)),
    appendRecord.writer((record) => {
      if (writer.append(record)) publisher?.appended(record);
    }),
    markRecord.writer(({ id, state, imageSha256 }) => {
      const described = typeof imageSha256 === 'string' && writer.describe(id, imageSha256);
      const marked = writer.mark(id, state) === true;
      const record = publisher === undefined ? null : writer.get(id);
      if (record === null) return;
      // The same point again: the field that it lacked is filled in.
      if (described) publisher?.appended(record);
      if (marked) publisher?.marked(record, state);
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

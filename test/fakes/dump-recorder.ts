import { flushCompileCache } from 'node:module';
import { openDatabase } from '../../src/database/database.ts';
import { createInfluxClient } from '../../src/influx/influx-client.ts';
import { openOutbox } from '../../src/influx/outbox/open-outbox.ts';
import { createSqliteJournal } from '../../src/operations/sqlite/journal.ts';
import type { Submission } from '../../src/operations/submission.ts';
import { appendRecord, recordEffectWriters } from '../../src/records/record-effects.ts';
import { sampleRecord } from '../contracts/sample-records.ts';

// A server reduced to what must not lose anything: it completes dumps one after the other, each with its record as the
// journal's effect, and sends what they left. Killed at any moment, it goes on where it was. Arguments: the database, the
// address of InfluxDB, how many dumps there are to be. Says `completed N` and `drained`.

// It is killed: what was compiled for it would not be there for the next one otherwise.
flushCompileCache();

const [path, url, count] = process.argv.slice(2) as [string, string, string];
const database = openDatabase(path);
const journal = await createSqliteJournal(database, [recordEffectWriters({ publish: true })]);
const client = createInfluxClient({ url, database: 'vmstats', token: '' });
const outbox = await openOutbox(database, client, { pollMs: 5, backOffMs: 2, maxBackOffMs: 20 });

for (let number = 0; number < Number(count); number += 1) {
  const record = sampleRecord(number, { dom: `vm-${number % 7}, hostile=name \\` });
  const [known] = await journal.get([record.id]);
  if (known === null || known === undefined) {
    const submission: Submission = { kind: 'DUMP', subjects: [`vm:${number}`], request: {}, message: '' };
    await journal.submit(
      [submission],
      { actor: 'test' },
      { ids: [record.id], nodeId: 'node-1', host: 'host-1', atMs: 1 },
    );
  }
  const [operation] = await journal.get([record.id]);
  if (operation?.state === 'QUEUED')
    await journal.transition({ id: record.id, from: 'QUEUED', to: 'RUNNING', atMs: 2 });
  if (operation?.state !== 'COMPLETED') {
    const effects = [appendRecord.of(record)];
    await journal.transition({ id: record.id, from: 'RUNNING', to: 'COMPLETED', atMs: 3, effects });
    outbox.wake();
  }
  process.stdout.write(`completed ${number + 1}\n`);
}
for (;;) {
  await outbox.settled(1000);
  const { waiting } = await outbox.status();
  if (waiting === 0) break;
}
process.stdout.write('drained\n');
await outbox.close();
await client.close();
await database.close();

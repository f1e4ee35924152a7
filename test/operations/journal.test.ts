import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { migrate } from '../../src/database/migration.ts';
import { operationMigrations } from '../../src/operations/sqlite/row.ts';
import { journalSuite } from '../contracts/journal.ts';
import { openEverydayDatabase } from '../fakes/everyday-database.ts';
import { openTestJournal } from '../fakes/sqlite-journal.ts';
import { temporaryFolder } from '../temporary-folder.ts';

journalSuite('sqlite', () => openTestJournal(undefined, openEverydayDatabase));

it('takes over the operations of a database in which each had one subject, and what they exclude', async () => {
  const folder = temporaryFolder();
  const connection = new DatabaseSync(join(folder, 'memoir.sqlite'));
  migrate(connection, 'operations', operationMigrations.slice(0, 1));
  connection.exec(`
    INSERT INTO operations (id, kind, subject, host, state, message, actor, request, created_at_ms, seq)
    VALUES ('0001', 'DUMP', 'vm:a', 'here', 'RUNNING', '', 'ann', '{}', 1, 1), ('0002', 'DUMP', 'vm:a', 'here', 'FAILED', '', 'ann', '{}', 1, 1)`);
  connection.close();
  const { journal, close } = await openTestJournal(folder, openEverydayDatabase);
  onTestFinished(close);
  expect(await journal.page({ subjects: ['vm:a'], limit: 9 })).toMatchObject({
    operations: [
      { id: '0002', subjects: ['vm:a'] },
      { id: '0001', state: 'RUNNING' },
    ],
  });
  const submit = () =>
    journal.submit(
      [{ kind: 'VOLUME', subjects: ['volume:x', 'vm:a'], request: {}, message: '' }],
      { actor: 'ann' },
      { ids: ['0003'], nodeId: 'node-1', host: 'here', atMs: 2 },
    );
  expect((await submit()).outcomes).toMatchObject([{ type: 'ALREADY_ACTIVE', active: { id: '0001' } }]);
  await journal.transition({ id: '0001', from: 'RUNNING', to: 'FAILED', atMs: 3 });
  expect((await submit()).outcomes).toMatchObject([{ type: 'ACCEPTED' }]);
});

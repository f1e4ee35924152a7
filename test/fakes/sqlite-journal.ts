import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/database/database.ts';
import type { Service } from '../../src/database/service.ts';
import { createSqliteJournal } from '../../src/operations/sqlite/journal.ts';

const here = (file: string) => new URL(file, import.meta.url).href;

/** A journal in a fresh database (or the one in `folder`), with the effects that tests know. */
export async function openTestJournal(folder?: string, open: typeof openDatabase = openDatabase) {
  const place = folder ?? mkdtempSync(join(tmpdir(), 'memoir-test-'));
  const database = open(join(place, 'memoir.sqlite'));
  const journal = await createSqliteJournal(database, [{ module: here('./kept-effects.ts'), options: null }]);
  const kept = await database.service<Service & { all(): unknown[] }>(
    'kept',
    { module: here('./kept-effects.ts'), options: null },
    'read',
  );
  return {
    journal,
    kept: () => kept.all(),
    async close() {
      await database.close();
      if (folder === undefined) rmSync(place, { recursive: true, force: true });
    },
  };
}

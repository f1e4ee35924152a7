import { randomBytes } from 'node:crypto';
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { watchDatabaseHealth } from '../../src/database/health.ts';
import type { MemoirError } from '../../src/domain/memoir-error.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A database in use, as a server leaves it: WAL, closed. */
function makeDatabase(): string {
  const path = join(temporaryFolder(), 'memoir.sqlite');
  const connection = new DatabaseSync(path);
  connection.exec('PRAGMA journal_mode=WAL; CREATE TABLE notes (text TEXT)');
  const insert = connection.prepare('INSERT INTO notes VALUES (?)');
  connection.exec('BEGIN');
  for (let index = 0; index < 2_000; index += 1) insert.run(randomBytes(60).toString('hex'));
  connection.exec('COMMIT');
  connection.close();
  return path;
}

/** Overwrites pages in the middle, which opening the database does not look at. */
function damage(path: string): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(8192, 0xff), 0, 8192, Math.floor(statSync(path).size / 2 / 4096) * 4096);
  closeSync(file);
}

describe('the health of the database', () => {
  it('is looked at before the start: damage in the middle is named, and a sound or missing file is none', async () => {
    const never = { damaged: () => expect.unreachable() };
    const path = makeDatabase();
    await (await watchDatabaseHealth(path, never)).close();
    await (await watchDatabaseHealth(join(temporaryFolder(), 'none'), never)).close();
    damage(path);
    await expect(watchDatabaseHealth(path, never)).rejects.toMatchObject({ code: 'DATABASE_DAMAGED' });
  });

  it('is looked at in the background where the file is large, and while the server runs', async () => {
    const path = makeDatabase();
    const found = Promise.withResolvers<MemoirError>();
    const health = await watchDatabaseHealth(path, {
      damaged: found.resolve,
      atStartBytes: 0,
      times: { firstMs: 0, everyMs: 1 },
    });
    onTestFinished(() => health.close());
    expect(health.damage).toBeNull();
    damage(path);
    expect(await found.promise).toMatchObject({ code: 'DATABASE_DAMAGED' });
    expect(health.damage).toBe(await found.promise);
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MemoirError } from '../domain/memoir-error.ts';

/**
 * Takes the data directory for this process, or throws DATA_DIR_IN_USE at once. The lock is SQLite's own file lock on an
 * empty database: the kernel drops it when the process ends, however it ends, so there is no stale lock to judge. Who holds
 * it is written beside it, for the message only.
 */
export function lockDirectory(folder: string): Disposable {
  const holder = join(folder, 'lock.pid');
  const connection = new DatabaseSync(join(folder, 'lock'), { timeout: 0 });
  try {
    connection.exec('PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE;');
  } catch (cause) {
    connection.close();
    throw new MemoirError('DATA_DIR_IN_USE', `${folder} is in use by another Memoir server${describe(holder)}`, {
      cause,
    });
  }
  writeFileSync(holder, `${process.pid}\n`, { mode: 0o600 });
  return { [Symbol.dispose]: () => connection.isOpen && connection.close() };
}

function describe(holder: string): string {
  try {
    const pid = Number.parseInt(readFileSync(holder, 'utf8'), 10);
    return Number.isSafeInteger(pid) ? ` (process ${pid})` : '';
  } catch {
    return '';
  }
}

import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isMemoirError, MemoirError } from '../domain/memoir-error.ts';
import { toDatabaseError } from './connection.ts';

/**
 * Takes the data directory for this process, or throws DATA_DIR_IN_USE at once. The lock is SQLite's own file lock on an
 * empty database: the kernel drops it when the process ends, however it ends, so there is no stale lock to judge. Who holds
 * it is written beside it, for the message only.
 */
export function lockDirectory(folder: string): Disposable {
  const path = join(folder, 'lock');
  const holder = join(folder, 'lock.pid');
  let connection: DatabaseSync | undefined;
  try {
    connection = new DatabaseSync(path, { timeout: 0 });
    // Nobody else is to hold a lock on it either.
    chmodSync(path, 0o600);
    connection.exec('PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE;');
  } catch (cause) {
    connection?.close();
    const error = toDatabaseError(cause);
    if (!isMemoirError(error, 'DATABASE_BUSY')) throw error;
    throw new MemoirError('DATA_DIR_IN_USE', `${folder} is in use by another Memoir server${describe(holder)}`, {
      cause,
    });
  }
  const held = connection;
  try {
    writeFileSync(holder, `${process.pid}\n`, { mode: 0o600 });
  } catch {
    // On a full disk the message of a second server names no process; that is all.
  }
  const release = () => {
    process.off('exit', release);
    if (held.isOpen) held.close();
  };
  // The listener is what keeps the connection alive: without a reference it would be collected, and the lock dropped with it.
  process.once('exit', release);
  return { [Symbol.dispose]: release };
}

function describe(holder: string): string {
  try {
    const pid = Number.parseInt(readFileSync(holder, 'utf8'), 10);
    return Number.isSafeInteger(pid) ? ` (process ${pid})` : '';
  } catch {
    return '';
  }
}

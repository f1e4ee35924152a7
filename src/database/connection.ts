import { chmodSync, existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { ErrorCode } from '../domain/error-catalogue.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import { codeOf } from '../domain/thrown.ts';
import type { ThreadData } from './service.ts';

/**
 * Opens the database file, readable by its owner alone: WAL, and every commit on the disk before it is answered
 * (`synchronous=FULL`). SQLite makes its files with the process's umask, so the mode is set before anything is in them.
 */
export function openConnection({ path, mode, busyTimeoutMs }: ThreadData): DatabaseSync {
  let connection: DatabaseSync | undefined;
  try {
    connection = new DatabaseSync(path, { timeout: busyTimeoutMs, readOnly: mode === 'read' });
    if (mode === 'write') {
      chmodSync(path, 0o600);
      connection.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;');
      // WAL and shared-memory files take the database's mode when SQLite makes them; older ones may have another.
      for (const suffix of ['-wal', '-shm']) if (existsSync(path + suffix)) chmodSync(path + suffix, 0o600);
    }
    connection.exec('PRAGMA cache_size=-32768; PRAGMA temp_store=MEMORY;');
    return connection;
  } catch (error) {
    connection?.close();
    throw toDatabaseError(error);
  }
}

/** Runs `work` in one write transaction: all of it is durable when this returns, or none of it happened. */
export function transact<T>(connection: DatabaseSync, work: () => T): T {
  connection.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    connection.exec('COMMIT');
    return result;
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

/** SQLite's primary result codes (sqlite.org/rescode.html) that a person can do something about. */
const codes: ReadonlyMap<number, ErrorCode> = new Map([
  [5, 'DATABASE_BUSY'],
  [6, 'DATABASE_BUSY'],
  [11, 'DATABASE_DAMAGED'],
  [13, 'NO_SPACE'],
  [26, 'DATABASE_DAMAGED'],
]);

/** An error of SQLite as one of the catalogue; any other error as it is. */
export function toDatabaseError(error: unknown): unknown {
  if (!(error instanceof Error) || codeOf(error) !== 'ERR_SQLITE_ERROR') return error;
  const primary = 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  const code = codes.get(primary) ?? 'DATABASE_FAILED';
  return new MemoirError(code, `database: ${error.message}`, { cause: error });
}

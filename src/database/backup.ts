import { chmodSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { toDatabaseError } from './connection.ts';

/**
 * Copies a database that may be in use into one new file, whole and of one moment: `VACUUM INTO` reads in one transaction, which in WAL mode
 * holds up no writer and is not made to begin again by one. The copy is checked before it counts. Answers its size.
 */
export function copyDatabase(source: DatabaseSync, target: string): number {
  try {
    source.prepare('VACUUM INTO ?').run(target);
    chmodSync(target, 0o600);
    const copy = new DatabaseSync(target, { readOnly: true });
    try {
      const result = copy.prepare('PRAGMA quick_check(1)').get();
      if (Object.values(result ?? {})[0] !== 'ok') throw new Error(`the copy ${target} is damaged`);
    } finally {
      copy.close();
    }
  } catch (error) {
    throw toDatabaseError(error);
  }
  return statSync(target).size;
}

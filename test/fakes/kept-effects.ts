import type { DatabaseSync } from 'node:sqlite';
import { type EffectWriter, effectType } from '../../src/database/effect.ts';

/** `test.keep`: a table of its own, written in the journal's transaction. `test.throw`: always fails. */
export const keep = effectType<unknown>('test.keep');
export const fail = effectType<null>('test.throw');

export function openEffects(connection: DatabaseSync): EffectWriter[] {
  connection.exec('CREATE TABLE IF NOT EXISTS kept (payload TEXT NOT NULL)');
  const insert = connection.prepare('INSERT INTO kept VALUES (?)');
  return [
    keep.writer((payload) => void insert.run(JSON.stringify(payload))),
    fail.writer(() => {
      throw new Error('this effect always fails');
    }),
  ];
}

/** Reads what was kept, as a service on the reading thread. */
export function openService(connection: DatabaseSync) {
  return {
    all: (): unknown[] =>
      connection
        .prepare('SELECT payload FROM kept')
        .all()
        .map((row) => JSON.parse(row.payload as string)),
  };
}

import type { DatabaseSync } from 'node:sqlite';
import { type Migrations, migrate } from '../../database/migration.ts';
import { nameOf, numberOf, type Row, textOf } from '../../database/row.ts';
import { type HeldKind, type Hold, heldError } from '../holds.ts';

export type HoldsService = ReturnType<typeof openService>;

const migrations: Migrations = [
  `CREATE TABLE artifact_holds (
     kind TEXT NOT NULL, id TEXT NOT NULL, reason TEXT NOT NULL, actor TEXT NOT NULL, at_ms INTEGER NOT NULL,
     PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID;`,
];

/** The part of the holds that lives on the writing thread: who removes must see the newest ones. */
export function openService(connection: DatabaseSync) {
  migrate(connection, 'holds', migrations);
  const save = connection.prepare(
    `INSERT INTO artifact_holds VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET reason = excluded.reason, actor = excluded.actor,
     at_ms = excluded.at_ms`,
  );
  const byId = connection.prepare('SELECT * FROM artifact_holds WHERE kind = ? AND id = ?');
  const all = connection.prepare('SELECT * FROM artifact_holds ORDER BY at_ms, kind, id');
  const drop = connection.prepare('DELETE FROM artifact_holds WHERE kind = ? AND id = ?');
  const find = (kind: HeldKind, id: string): Hold | null => {
    const row = byId.get(kind, id);
    return row === undefined ? null : toHold(row);
  };
  return {
    hold: ({ kind, id, reason, actor, atMs }: Hold): void => void save.run(kind, id, reason, actor, atMs),
    release(kind: HeldKind, id: string): Hold | null {
      const hold = find(kind, id);
      drop.run(kind, id);
      return hold;
    },
    get: (kind: HeldKind, ids: readonly string[]): (Hold | null)[] => ids.map((id) => find(kind, id)),
    list: (): Hold[] => all.all().map(toHold),
  };
}

/** For the effect: inside of a transaction that the journal has begun. */
export function createHoldCheck(connection: DatabaseSync): (held: { kind: HeldKind; id: string }) => void {
  const { get } = openService(connection);
  return ({ kind, id }) => {
    const [hold] = get(kind, [id]);
    if (hold != null) throw heldError(hold);
  };
}

const toHold = (row: Row): Hold => ({
  kind: nameOf(row, 'kind', ['DUMP', 'HEAP'] as const),
  id: textOf(row, 'id'),
  reason: textOf(row, 'reason'),
  actor: textOf(row, 'actor'),
  atMs: numberOf(row, 'at_ms'),
});

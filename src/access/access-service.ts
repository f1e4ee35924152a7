import type { DatabaseSync } from 'node:sqlite';
import { migrate } from '../database/migration.ts';
import { jsonOf, nameOf, numberOf, numberOrNull, type Row, rowOf, textOf } from '../database/row.ts';
import type { AuditEntry, AuditPage } from './audit.ts';
import { allRoles } from './role.ts';
import type { Token } from './token.ts';

const migrations = [
  `CREATE TABLE tokens (
     id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, digest TEXT NOT NULL UNIQUE,
     created_at_ms INTEGER NOT NULL, created_by TEXT NOT NULL, expires_at_ms INTEGER, last_used_at_ms INTEGER,
     revoked_at_ms INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE audit (
     seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
     details TEXT NOT NULL
   ) STRICT;`,
];

/** A token with the digest that finds it. */
export interface KeptToken extends Token {
  readonly digest: string;
}

export type AccessService = ReturnType<typeof openService>;

/** Tokens and audit, on the database's writing thread. */
export function openService(connection: DatabaseSync) {
  migrate(connection, 'access', migrations);
  const selectAll = connection.prepare('SELECT * FROM tokens ORDER BY id');
  const insert = connection.prepare('INSERT OR IGNORE INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL)');
  const revoke = connection.prepare('UPDATE tokens SET revoked_at_ms = ? WHERE id = ? AND revoked_at_ms IS NULL');
  const touch = connection.prepare('UPDATE tokens SET last_used_at_ms = ? WHERE id = ?');
  const insertAudit = connection.prepare('INSERT INTO audit (at_ms, actor, action, details) VALUES (?, ?, ?, ?)');
  const selectAudit = connection.prepare('SELECT * FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?');
  const countAudit = connection.prepare('SELECT count(*) AS count FROM audit');

  return {
    tokens: (): KeptToken[] => selectAll.all().map(toToken),
    /** False if the name is taken. */
    create(token: KeptToken): boolean {
      const { id, name, role, digest, createdAtMs, createdBy, expiresAtMs } = token;
      return Number(insert.run(id, name, role, digest, createdAtMs, createdBy, expiresAtMs).changes) === 1;
    },
    /** False if it was revoked before. */
    revoke: (id: string, atMs: number): boolean => Number(revoke.run(atMs, id).changes) === 1,
    touch(uses: readonly { readonly id: string; readonly atMs: number }[]): void {
      for (const { id, atMs } of uses) touch.run(atMs, id);
    },
    audit({ actor, action, details }: AuditEntry, atMs: number): void {
      insertAudit.run(atMs, actor, action, JSON.stringify(details));
    },
    auditLog(limit: number, before: number): AuditPage {
      const rows = selectAudit.all(before, limit + 1);
      const records = rows.slice(0, limit).map((row) => ({
        seq: numberOf(row, 'seq'),
        atMs: numberOf(row, 'at_ms'),
        actor: textOf(row, 'actor'),
        action: textOf(row, 'action'),
        details: jsonOf(row, 'details'),
      }));
      return { records, hasNext: rows.length > limit, totalCount: numberOf(rowOf(countAudit.get()), 'count') };
    },
  };
}

function toToken(row: Row): KeptToken {
  return {
    id: textOf(row, 'id'),
    name: textOf(row, 'name'),
    role: nameOf(row, 'role', allRoles),
    digest: textOf(row, 'digest'),
    createdAtMs: numberOf(row, 'created_at_ms'),
    createdBy: textOf(row, 'created_by'),
    expiresAtMs: numberOrNull(row, 'expires_at_ms'),
    lastUsedAtMs: numberOrNull(row, 'last_used_at_ms'),
    revokedAtMs: numberOrNull(row, 'revoked_at_ms'),
  };
}

import type { DatabaseSync } from 'node:sqlite';
import { transact } from '../../database/connection.ts';
import { type Migrations, migrate } from '../../database/migration.ts';
import { jsonOf, numberOf, numberOrNull, type Row, textOf, textOrNull } from '../../database/row.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { type PolicySpec, policySpec, type RetentionPolicy } from '../policy.ts';
import type { RetentionRun } from '../retention-store.ts';

export type RetentionService = ReturnType<typeof openService>;

const migrations: Migrations = [
  `CREATE TABLE retention_policies (
     id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, spec TEXT NOT NULL, updated_at_ms INTEGER NOT NULL) STRICT;
   CREATE TABLE retention_runs (
     seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, removed INTEGER NOT NULL,
     freed_bytes INTEGER NOT NULL, failed INTEGER NOT NULL, warning TEXT) STRICT;
   CREATE TABLE retention_seen (only INTEGER PRIMARY KEY CHECK (only = 1), at_ms INTEGER NOT NULL) STRICT;`,
];
const keptRuns = 1_000;

/** The part of retention that lives on the writing thread. */
export function openService(connection: DatabaseSync) {
  migrate(connection, 'retention', migrations);
  const byId = connection.prepare('SELECT * FROM retention_policies WHERE id = ?');
  const byName = connection.prepare('SELECT id FROM retention_policies WHERE name = ?');
  const all = connection.prepare('SELECT * FROM retention_policies ORDER BY name');
  const save = connection.prepare(
    `INSERT INTO retention_policies VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, spec = excluded.spec,
     updated_at_ms = excluded.updated_at_ms`,
  );
  const drop = connection.prepare('DELETE FROM retention_policies WHERE id = ?');
  const insertRun = connection.prepare(
    'INSERT INTO retention_runs (at_ms, actor, removed, freed_bytes, failed, warning) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const forgetRuns = connection.prepare(
    'DELETE FROM retention_runs WHERE seq <= (SELECT max(seq) FROM retention_runs) - ?',
  );
  const runs = connection.prepare('SELECT * FROM retention_runs ORDER BY seq DESC LIMIT ?');
  const see = connection.prepare(
    'INSERT INTO retention_seen VALUES (1, ?) ON CONFLICT DO UPDATE SET at_ms = excluded.at_ms',
  );
  const seen = connection.prepare('SELECT at_ms FROM retention_seen');
  const find = (id: string): RetentionPolicy | null => {
    const row = byId.get(id);
    return row === undefined ? null : toPolicy(row);
  };

  return {
    save: (id: string, spec: PolicySpec, atMs: number): RetentionPolicy =>
      transact(connection, () => {
        const other = byName.get(spec.name);
        if (other !== undefined && other.id !== id)
          throw new MemoirError('NAME_TAKEN', `there is a policy called ${JSON.stringify(spec.name)} already`);
        save.run(id, spec.name, JSON.stringify(spec), atMs);
        return { id, spec, updatedAtMs: atMs };
      }),
    remove: (id: string): RetentionPolicy | null =>
      transact(connection, () => {
        const policy = find(id);
        drop.run(id);
        return policy;
      }),
    list: (): RetentionPolicy[] => all.all().map(toPolicy),
    addRun: ({ atMs, actor, removed, freedBytes, failed, warning }: Omit<RetentionRun, 'seq'>): void =>
      transact(connection, () => {
        insertRun.run(atMs, actor, removed, freedBytes, failed, warning);
        forgetRuns.run(keptRuns);
      }),
    runs: (limit: number): RetentionRun[] => runs.all(limit).map(toRun),
    seen: (atMs: number): void => void see.run(atMs),
    lastSeenMs(): number | null {
      const row = seen.get();
      return row === undefined ? null : numberOrNull(row, 'at_ms');
    },
  };
}

const toPolicy = (row: Row): RetentionPolicy => ({
  id: textOf(row, 'id'),
  spec: policySpec.parse(jsonOf(row, 'spec')),
  updatedAtMs: numberOf(row, 'updated_at_ms'),
});

const toRun = (row: Row): RetentionRun => ({
  seq: numberOf(row, 'seq'),
  atMs: numberOf(row, 'at_ms'),
  actor: textOf(row, 'actor'),
  removed: numberOf(row, 'removed'),
  freedBytes: numberOf(row, 'freed_bytes'),
  failed: numberOf(row, 'failed'),
  warning: textOrNull(row, 'warning'),
});

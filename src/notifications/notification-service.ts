import type { DatabaseSync } from 'node:sqlite';
import { transact } from '../database/connection.ts';
import { type Migrations, migrate } from '../database/migration.ts';
import { jsonOf, nameOf, numberOf, numberOrNull, type Row, rowOf, textOf, textOrNull } from '../database/row.ts';
import { type Alert, alertKinds, type Condition } from './alerts/alert.ts';
import type { Hook, HookDefinition, HookSecrets } from './hook.ts';
import { parseHook } from './hook.ts';
import { type Delivery, type DeliveryQuery, type DeliveryState, deliveryStates } from './notifications.ts';

const migrations: Migrations = [
  `CREATE TABLE hooks (
     id TEXT PRIMARY KEY,
     name TEXT NOT NULL UNIQUE COLLATE NOCASE,
     definition TEXT NOT NULL,
     secret TEXT,
     previous_secret TEXT,
     previous_until_ms INTEGER,
     enabled INTEGER NOT NULL,
     disabled_reason TEXT,
     created_at_ms INTEGER NOT NULL,
     created_by TEXT NOT NULL
   ) STRICT;
   CREATE TABLE deliveries (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     hook_id TEXT NOT NULL REFERENCES hooks (id) ON DELETE CASCADE,
     notification_id TEXT NOT NULL,
     order_key TEXT NOT NULL,
     type TEXT NOT NULL,
     message TEXT NOT NULL,
     body TEXT NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('PENDING', 'DELIVERED', 'DEAD')),
     attempts INTEGER NOT NULL DEFAULT 0,
     next_at_ms INTEGER,
     last_status INTEGER,
     last_error TEXT,
     created_at_ms INTEGER NOT NULL,
     ended_at_ms INTEGER,
     UNIQUE (hook_id, notification_id)
   ) STRICT;
   CREATE INDEX deliveries_pending ON deliveries (hook_id, seq) WHERE state = 'PENDING';
   CREATE INDEX deliveries_order ON deliveries (hook_id, order_key, seq) WHERE state = 'PENDING';
   CREATE INDEX deliveries_ended ON deliveries (ended_at_ms) WHERE state <> 'PENDING';
   CREATE TABLE notification_place (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL) STRICT;
   CREATE TABLE alerts (
     id TEXT PRIMARY KEY,
     kind TEXT NOT NULL,
     subject TEXT NOT NULL,
     machine TEXT,
     message TEXT NOT NULL,
     raised_at_ms INTEGER NOT NULL,
     cleared_at_ms INTEGER
   ) STRICT;
   CREATE UNIQUE INDEX alerts_active ON alerts (kind, subject) WHERE cleared_at_ms IS NULL;
   CREATE TABLE disk_samples (folder TEXT NOT NULL, at_ms INTEGER NOT NULL, free_bytes INTEGER NOT NULL,
     PRIMARY KEY (folder, at_ms)) STRICT;`,
  'CREATE TABLE notification_places (source TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT;',
];

/** A delivery that is to be made, with all that it needs. */
export interface DueDelivery {
  readonly seq: number;
  readonly notificationId: string;
  readonly type: string;
  readonly message: string;
  readonly body: string;
  readonly attempts: number;
}

/** A delivery in the making. */
export interface NewDelivery {
  readonly hookId: string;
  readonly notificationId: string;
  readonly orderKey: string;
  readonly type: string;
  readonly message: string;
  readonly body: string;
}

/** What became of an attempt. */
export interface Outcome {
  readonly state: DeliveryState;
  readonly nextAtMs: number | null;
  readonly status: number | null;
  readonly error: string | null;
}

export interface DiskSample {
  readonly atMs: number;
  readonly freeBytes: number;
}

/** Deliveries of a hook that wait; beyond it the oldest are given up: a receiver that is away for ever must not fill the disk. */
const maxPending = 10_000;

export type NotificationService = ReturnType<typeof openService>;

const seqOf = (row: Row | undefined): number | null => (row === undefined ? null : numberOf(row, 'seq'));

function toHook(row: Row): Hook {
  return {
    id: textOf(row, 'id'),
    definition: parseHook(jsonOf(row, 'definition')),
    enabled: row.enabled === 1,
    disabledReason: textOrNull(row, 'disabled_reason'),
    createdAtMs: numberOf(row, 'created_at_ms'),
    createdBy: textOf(row, 'created_by'),
  };
}

function toDelivery(row: Row): Delivery {
  return {
    seq: numberOf(row, 'seq'),
    hookId: textOf(row, 'hook_id'),
    notificationId: textOf(row, 'notification_id'),
    type: textOf(row, 'type'),
    message: textOf(row, 'message'),
    state: nameOf(row, 'state', deliveryStates),
    attempts: numberOf(row, 'attempts'),
    nextAttemptAtMs: row.state === 'PENDING' ? numberOrNull(row, 'next_at_ms') : null,
    lastStatus: numberOrNull(row, 'last_status'),
    lastError: textOrNull(row, 'last_error'),
    createdAtMs: numberOf(row, 'created_at_ms'),
    endedAtMs: numberOrNull(row, 'ended_at_ms'),
  };
}

function toAlert(row: Row): Alert {
  return {
    id: textOf(row, 'id'),
    kind: nameOf(row, 'kind', alertKinds),
    subject: textOf(row, 'subject'),
    machine: textOrNull(row, 'machine'),
    message: textOf(row, 'message'),
    raisedAtMs: numberOf(row, 'raised_at_ms'),
    clearedAtMs: numberOrNull(row, 'cleared_at_ms'),
  };
}

/** Hooks, deliveries and alerts, on the database's writing thread. */
export function openService(connection: DatabaseSync) {
  migrate(connection, 'notifications', migrations);
  const place = connection.prepare('SELECT seq FROM notification_place WHERE id = 1');
  const setPlace = connection.prepare(
    'INSERT INTO notification_place VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET seq = excluded.seq',
  );
  const placeOf = connection.prepare('SELECT seq FROM notification_places WHERE source = ?');
  const setPlaceOf = connection.prepare(
    'INSERT INTO notification_places VALUES (?, ?) ON CONFLICT (source) DO UPDATE SET seq = excluded.seq',
  );
  const insert = connection.prepare(
    `INSERT INTO deliveries (hook_id, notification_id, order_key, type, message, body, state, next_at_ms, created_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, 'PENDING', ?, ?) ON CONFLICT (hook_id, notification_id) DO NOTHING`,
  );
  const countPending = connection.prepare(
    "SELECT count(*) AS n FROM deliveries WHERE hook_id = ? AND state = 'PENDING'",
  );
  const giveUp = connection.prepare(
    `UPDATE deliveries SET state = 'DEAD', ended_at_ms = ?, last_error = 'too many deliveries were waiting'
     WHERE seq IN (SELECT seq FROM deliveries WHERE hook_id = ? AND state = 'PENDING' ORDER BY seq LIMIT ?)`,
  );
  const due = connection.prepare(
    `SELECT seq, notification_id, type, message, body, attempts FROM deliveries AS d
     WHERE hook_id = ? AND state = 'PENDING' AND (next_at_ms <= ? OR next_at_ms > ?)
     ORDER BY seq LIMIT ?`,
  );
  const dueInOrder = connection.prepare(
    `SELECT seq, notification_id, type, message, body, attempts FROM deliveries AS d
     WHERE hook_id = ? AND state = 'PENDING' AND (next_at_ms <= ? OR next_at_ms > ?)
       AND NOT EXISTS (SELECT 1 FROM deliveries AS e WHERE e.hook_id = d.hook_id AND e.order_key = d.order_key
                       AND e.state = 'PENDING' AND e.seq < d.seq)
     ORDER BY seq LIMIT ?`,
  );
  const soonest = connection.prepare(
    `SELECT min(next_at_ms) AS at FROM deliveries JOIN hooks ON hooks.id = hook_id
     WHERE state = 'PENDING' AND enabled = 1 AND next_at_ms > ?`,
  );
  const settle = connection.prepare(
    `UPDATE deliveries SET state = ?, attempts = attempts + 1, next_at_ms = ?, last_status = ?, last_error = ?, ended_at_ms = ?
     WHERE seq = ? AND state = 'PENDING'`,
  );
  const revive = connection.prepare(
    `UPDATE deliveries SET state = 'PENDING', attempts = 0, next_at_ms = ?, ended_at_ms = NULL WHERE seq = ? RETURNING *`,
  );
  const allHooks = connection.prepare('SELECT * FROM hooks ORDER BY created_at_ms, id');
  const oneHook = connection.prepare('SELECT * FROM hooks WHERE id = ?');
  const countStates = connection.prepare('SELECT state, count(*) AS n FROM deliveries GROUP BY state');
  const countStatesOf = connection.prepare(
    'SELECT state, count(*) AS n FROM deliveries WHERE hook_id = ? GROUP BY state',
  );
  const hookOf = (id: string): Hook | null => {
    const row = oneHook.get(id);
    return row === undefined ? null : toHook(row);
  };
  /** In a transaction of the caller's. */
  function enqueue(deliveries: readonly NewDelivery[], nowMs: number): void {
    for (const { hookId, notificationId, orderKey, type, message, body } of deliveries) {
      // A hook that was deleted meanwhile gets nothing.
      if (oneHook.get(hookId) === undefined) continue;
      insert.run(hookId, notificationId, orderKey, type, message, body, nowMs, nowMs);
    }
    for (const hookId of new Set(deliveries.map((delivery) => delivery.hookId))) {
      const over = numberOf(rowOf(countPending.get(hookId)), 'n') - maxPending;
      if (over > 0) giveUp.run(nowMs, hookId, over);
    }
  }
  const activeAlerts = connection.prepare('SELECT * FROM alerts WHERE cleared_at_ms IS NULL ORDER BY raised_at_ms');

  return {
    hooks: (): Hook[] => allHooks.all().map(toHook),
    secrets(id: string): HookSecrets | null {
      const row = oneHook.get(id);
      if (row === undefined || row.secret === null) return null;
      const previous = textOrNull(row, 'previous_secret');
      return {
        secret: textOf(row, 'secret'),
        previous: previous === null ? null : { secret: previous, untilMs: numberOf(row, 'previous_until_ms') },
      };
    },
    /** Null where the name is taken, by another than this. */
    saveHook: (hook: Hook, secret: string | null): Hook | null =>
      transact(connection, () => {
        const { id, definition, enabled, disabledReason, createdAtMs, createdBy } = hook;
        const taken = connection.prepare('SELECT id FROM hooks WHERE name = ? AND id <> ?').get(definition.name, id);
        if (taken !== undefined) return null;
        connection
          .prepare(
            `INSERT INTO hooks (id, name, definition, secret, enabled, disabled_reason, created_at_ms, created_by)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, definition = excluded.definition,
               secret = coalesce(excluded.secret, secret), enabled = excluded.enabled, disabled_reason = excluded.disabled_reason`,
          )
          .run(
            id,
            definition.name,
            JSON.stringify(definition satisfies HookDefinition),
            secret,
            enabled ? 1 : 0,
            disabledReason,
            createdAtMs,
            createdBy,
          );
        return hookOf(id);
      }),
    rotateSecret: (id: string, secret: string, previousUntilMs: number): void =>
      transact(connection, () => {
        connection
          .prepare('UPDATE hooks SET previous_secret = secret, previous_until_ms = ?, secret = ? WHERE id = ?')
          .run(previousUntilMs, secret, id);
      }),
    deleteHook: (id: string): Hook | null =>
      transact(connection, () => {
        const hook = hookOf(id);
        connection.prepare('DELETE FROM deliveries WHERE hook_id = ?').run(id);
        connection.prepare('DELETE FROM hooks WHERE id = ?').run(id);
        return hook;
      }),
    /** The number of the last event that was looked at; null before the first time. */
    place: (): number | null => seqOf(place.get()),
    /** The place in the event log and what comes of the events up to there, together or not at all. */
    enqueue: (seq: number | null, deliveries: readonly NewDelivery[], nowMs: number): void =>
      transact(connection, () => {
        if (seq !== null) setPlace.run(seq);
        enqueue(deliveries, nowMs);
      }),
    /** The same of another list than the event log. */
    placeOf: (source: string): number | null => seqOf(placeOf.get(source)),
    enqueueOf: (source: string, seq: number, deliveries: readonly NewDelivery[], nowMs: number): void =>
      transact(connection, () => {
        setPlaceOf.run(source, seq);
        enqueue(deliveries, nowMs);
      }),
    /**
     * What a hook is to get now, oldest first; with `inOrder`, of each operation only the first that it has not got. What is due later
     * than `latestMs` was planned by a clock that was wrong, and is due.
     */
    due: (hookId: string, inOrder: boolean, nowMs: number, latestMs: number, limit: number): DueDelivery[] =>
      (inOrder ? dueInOrder : due).all(hookId, nowMs, latestMs, limit).map((row) => ({
        seq: numberOf(row, 'seq'),
        notificationId: textOf(row, 'notification_id'),
        type: textOf(row, 'type'),
        message: textOf(row, 'message'),
        body: textOf(row, 'body'),
        attempts: numberOf(row, 'attempts'),
      })),
    /** When the next becomes due. What is due already and waits for an earlier one, or for a place, is not asked for: that one's end wakes. */
    soonest: (nowMs: number): number | null => numberOrNull(rowOf(soonest.get(nowMs)), 'at'),
    settle: (seqs: readonly number[], { state, nextAtMs, status, error }: Outcome, nowMs: number): void =>
      transact(connection, () => {
        for (const seq of seqs) settle.run(state, nextAtMs, status, error, state === 'PENDING' ? null : nowMs, seq);
      }),
    postpone: (seqs: readonly number[], nextAtMs: number): void =>
      transact(connection, () => {
        for (const seq of seqs)
          connection
            .prepare("UPDATE deliveries SET next_at_ms = ? WHERE seq = ? AND state = 'PENDING'")
            .run(nextAtMs, seq);
      }),
    resend: (seq: number, nowMs: number): Delivery | null =>
      transact(connection, () => {
        const row = revive.get(nowMs, seq);
        return row === undefined ? null : toDelivery(row);
      }),
    deliveries({ hookId, states, limit, beforeSeq }: DeliveryQuery): Delivery[] {
      const chosen = states ?? deliveryStates;
      return connection
        .prepare(
          `SELECT * FROM deliveries WHERE (?1 IS NULL OR hook_id = ?1) AND (?2 IS NULL OR seq < ?2)
             AND state IN (SELECT value FROM json_each(?3)) ORDER BY seq DESC LIMIT ?4`,
        )
        .all(hookId ?? null, beforeSeq ?? null, JSON.stringify(chosen), limit)
        .map(toDelivery);
    },
    countDeliveries(hookId: string | null): Record<DeliveryState, number> {
      const counts = { PENDING: 0, DELIVERED: 0, DEAD: 0 };
      for (const row of hookId === null ? countStates.all() : countStatesOf.all(hookId))
        counts[nameOf(row, 'state', deliveryStates)] = numberOf(row, 'n');
      return counts;
    },
    /** Forgets what ended before a time, at most so many. */
    forget: (beforeMs: number, limit: number): void =>
      transact(connection, () => {
        connection
          .prepare(
            `DELETE FROM deliveries WHERE seq IN
               (SELECT seq FROM deliveries WHERE state <> 'PENDING' AND ended_at_ms < ? ORDER BY ended_at_ms LIMIT ?)`,
          )
          .run(beforeMs, limit);
      }),
    /**
     * Holds the conditions of some kinds against what is known: what is new is raised, with its deliveries in the same transaction; what
     * no longer holds is cleared. Answers how many are new.
     */
    review: (
      conditions: readonly (Condition & { readonly id: string; readonly deliveries: readonly NewDelivery[] })[],
      kinds: readonly string[],
      nowMs: number,
    ): number =>
      transact(connection, () => {
        const keyOf = ({ kind, subject }: Pick<Alert, 'kind' | 'subject'>) => JSON.stringify([kind, subject]);
        const holding = new Map(conditions.map((condition) => [keyOf(condition), condition]));
        for (const alert of activeAlerts.all().map(toAlert)) {
          const condition = holding.get(keyOf(alert));
          if (condition !== undefined) {
            holding.delete(keyOf(alert));
            connection.prepare('UPDATE alerts SET message = ? WHERE id = ?').run(condition.message, alert.id);
          } else if (kinds.includes(alert.kind))
            connection.prepare('UPDATE alerts SET cleared_at_ms = ? WHERE id = ?').run(nowMs, alert.id);
        }
        for (const { id, kind, subject, machine, message, deliveries } of holding.values()) {
          connection
            .prepare('INSERT INTO alerts VALUES (?, ?, ?, ?, ?, ?, NULL)')
            .run(id, kind, subject, machine, message, nowMs);
          for (const { hookId, notificationId, orderKey, type, message: line, body } of deliveries)
            if (oneHook.get(hookId) !== undefined)
              insert.run(hookId, notificationId, orderKey, type, line, body, nowMs, nowMs);
        }
        return holding.size;
      }),
    alerts: (activeOnly: boolean, limit: number): Alert[] =>
      connection
        .prepare(
          'SELECT * FROM alerts WHERE (?1 = 0 OR cleared_at_ms IS NULL) ORDER BY raised_at_ms DESC, id DESC LIMIT ?2',
        )
        .all(activeOnly ? 1 : 0, limit)
        .map(toAlert),
    /** Keeps a sample of free space, forgets those before a time, and answers what is left, oldest first. */
    sampleDisk: (folder: string, sample: DiskSample, sinceMs: number): DiskSample[] =>
      transact(connection, () => {
        connection
          .prepare('INSERT OR REPLACE INTO disk_samples VALUES (?, ?, ?)')
          .run(folder, Math.round(sample.atMs), Math.round(sample.freeBytes));
        connection.prepare('DELETE FROM disk_samples WHERE at_ms < ?').run(Math.round(sinceMs));
        return connection
          .prepare('SELECT at_ms, free_bytes FROM disk_samples WHERE folder = ? ORDER BY at_ms')
          .all(folder)
          .map((row) => ({ atMs: numberOf(row, 'at_ms'), freeBytes: numberOf(row, 'free_bytes') }));
      }),
  };
}

import type { DatabaseSync } from 'node:sqlite';
import { transact } from '../../database/connection.ts';
import { type Migrations, migrate } from '../../database/migration.ts';
import type { CapturePage, CaptureSession } from '../captures/capture-catalogue.ts';
import { type CaptureState, type HeapCapture, readHeapCapture, type StoredCapture } from '../captures/heap-capture.ts';

// A session's row follows its captures in their transaction, so that a page of sessions reads an index and nothing else.
const migrations: Migrations = [
  `CREATE TABLE heap_captures (
     id TEXT PRIMARY KEY, session_id TEXT NOT NULL, position INTEGER NOT NULL, service TEXT NOT NULL,
     taken_at_ms INTEGER NOT NULL, state TEXT NOT NULL, manifest TEXT NOT NULL) STRICT;
   CREATE INDEX heap_captures_by_time ON heap_captures (taken_at_ms DESC, id) WHERE state <> 'DELETED';
   CREATE INDEX heap_captures_by_service ON heap_captures (service, taken_at_ms DESC, id) WHERE state <> 'DELETED';
   CREATE INDEX heap_captures_by_session ON heap_captures (session_id, position);
   CREATE INDEX heap_captures_deleted ON heap_captures (id) WHERE state = 'DELETED';
   CREATE TABLE heap_sessions (id TEXT PRIMARY KEY, service TEXT NOT NULL, last_ms INTEGER NOT NULL) STRICT;
   CREATE INDEX heap_sessions_by_time ON heap_sessions (last_ms DESC, id);
   CREATE INDEX heap_sessions_by_service ON heap_sessions (service, last_ms DESC, id);`,
];

type Row = Record<string, unknown>;

/** Null for a row that this version cannot read: its manifest is still beside the artifact. */
function toCapture({ manifest, state }: Row): StoredCapture | null {
  const capture = readHeapCapture(JSON.parse(String(manifest)));
  return capture && { ...capture, state: state === 'DAMAGED' ? 'DAMAGED' : 'AVAILABLE' };
}

const readable = (rows: readonly Row[]): StoredCapture[] => rows.flatMap((row) => toCapture(row) ?? []);

/** What can be read; the tables are there. */
export function createCaptureReader(connection: DatabaseSync) {
  const shown = `SELECT manifest, state FROM heap_captures WHERE state <> 'DELETED'`;
  const one = connection.prepare(`${shown} AND id = ?`);
  const known = connection.prepare('SELECT 1 FROM heap_captures WHERE id = ?');
  const ofSession = connection.prepare(`${shown} AND session_id = ? ORDER BY position`);
  const page = connection.prepare(`${shown} ORDER BY taken_at_ms DESC, id LIMIT ? OFFSET ?`);
  const pageOf = connection.prepare(`${shown} AND service = ? ORDER BY taken_at_ms DESC, id LIMIT ? OFFSET ?`);
  const sessions = connection.prepare('SELECT * FROM heap_sessions ORDER BY last_ms DESC, id LIMIT ? OFFSET ?');
  const sessionsOf = connection.prepare(
    'SELECT * FROM heap_sessions WHERE service = ? ORDER BY last_ms DESC, id LIMIT ? OFFSET ?',
  );
  const deleted = connection.prepare(`SELECT manifest, state FROM heap_captures WHERE state = 'DELETED' ORDER BY id`);
  return {
    get: (ids: readonly string[]): (StoredCapture | null)[] =>
      ids.map((id) => {
        const row = one.get(id);
        return row === undefined ? null : toCapture(row);
      }),
    unknown: (ids: readonly string[]): string[] => ids.filter((id) => known.get(id) === undefined),
    ofSession: (sessionId: string): StoredCapture[] => readable(ofSession.all(sessionId)),
    page: ({ service, limit, offset = 0 }: CapturePage): StoredCapture[] =>
      readable(service === undefined ? page.all(limit, offset) : pageOf.all(service, limit, offset)),
    sessions: ({ service, limit, offset = 0 }: CapturePage): CaptureSession[] => {
      const rows = service === undefined ? sessions.all(limit, offset) : sessionsOf.all(service, limit, offset);
      return rows.map((row) => ({
        id: String(row.id),
        service: String(row.service),
        captures: readable(ofSession.all(String(row.id))),
      }));
    },
    deleted: (): HeapCapture[] => readable(deleted.all()),
  };
}

/** What can be written; each method is one transaction. */
export function createCaptureWriter(connection: DatabaseSync) {
  migrate(connection, 'heaps', migrations);
  const insert = connection.prepare(
    `INSERT INTO heap_captures VALUES (?, ?, ?, ?, ?, 'AVAILABLE', ?) ON CONFLICT (id) DO NOTHING`,
  );
  const update = connection.prepare(`UPDATE heap_captures SET state = ? WHERE id = ? AND state <> 'DELETED'`);
  const drop = connection.prepare('DELETE FROM heap_captures WHERE id = ?');
  const sessionOf = connection.prepare('SELECT session_id FROM heap_captures WHERE id = ?');
  const last = connection.prepare(
    `SELECT service, max(taken_at_ms) AS last_ms FROM heap_captures WHERE session_id = ? AND state <> 'DELETED'`,
  );
  const keepSession = connection.prepare(
    `INSERT INTO heap_sessions VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET last_ms = excluded.last_ms`,
  );
  const dropSession = connection.prepare('DELETE FROM heap_sessions WHERE id = ?');

  function follow(sessionId: string): void {
    const row = last.get(sessionId);
    if (row === undefined || row.last_ms === null) dropSession.run(sessionId);
    else keepSession.run(sessionId, String(row.service), Number(row.last_ms));
  }

  /** Changes one capture, and the row of its session with it. */
  function changeOne(id: string, change: () => void): void {
    transact(connection, () => {
      const row = sessionOf.get(id);
      change();
      if (row !== undefined) follow(String(row.session_id));
    });
  }

  return {
    add: (captures: readonly HeapCapture[]): number =>
      transact(connection, () => {
        let added = 0;
        for (const capture of captures) {
          const { id, sessionId, index, service, takenAtMs } = capture;
          const text = JSON.stringify(capture);
          added += Number(insert.run(id, sessionId, index, service, Math.round(takenAtMs), text).changes);
        }
        for (const sessionId of new Set(captures.map((capture) => capture.sessionId))) follow(sessionId);
        return added;
      }),
    mark: (id: string, state: CaptureState): boolean => update.run(state, id).changes > 0,
    delete: (id: string): void => changeOne(id, () => update.run('DELETED', id)),
    forget: (id: string): void => changeOne(id, () => drop.run(id)),
  };
}

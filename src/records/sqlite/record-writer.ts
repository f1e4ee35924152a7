import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { DumpRecord, RecordState } from '../dump-record.ts';
import { type RecordRow, toRow } from './record-row.ts';
import { everyInstance, prepareTables, sliceUs } from './schema.ts';

/** Changes records inside of a transaction that the caller has begun: the journal's own, or the writing service's. */
export interface RecordWriter {
  /** False if there was such a record already; it is left as it is. */
  append(record: DumpRecord): boolean;
  /** False if there is no such record. */
  mark(id: string, state: RecordState): boolean;
}

/** What a record adds to the sums. Whole microseconds, so that what is taken away again leaves nothing behind. */
interface Share {
  readonly instance: number;
  readonly timeUs: number;
  readonly state: RecordState;
  readonly sizeBytes: number;
  readonly durationUs: number;
  readonly pauseUs: number | null;
}

/** Makes the tables if they are not there. */
export function createRecordWriter(connection: DatabaseSync): RecordWriter {
  prepareTables(connection);
  const columns = Object.keys(toRow({} as DumpRecord, 0));
  const insertRecord = connection.prepare(
    `INSERT INTO records (${columns.join(', ')}) VALUES (${columns.map((column) => `:${column}`).join(', ')})`,
  );
  const insertHash = connection.prepare('INSERT INTO record_hashes (rowid, sha256) VALUES (?, ?)');
  const known = connection.prepare('SELECT 1 FROM records WHERE id = ?');
  const byId = connection.prepare(
    'SELECT number, state, instance, time_us, size_bytes, duration_sec, guest_pause_ms FROM records WHERE id = ?',
  );
  const setState = connection.prepare('UPDATE records SET state = ? WHERE number = ?');
  const addToSums = prepareSums(connection);
  const instanceOf = prepareInstances(connection);

  return {
    append(record) {
      if (known.get(record.id) !== undefined) return false;
      const instance = instanceOf(record);
      const { lastInsertRowid } = insertRecord.run(toRow(record, instance));
      insertHash.run(lastInsertRowid, record.sha256);
      addToSums(toShare(record, instance), 1);
      return true;
    },
    mark(id, state) {
      const row = byId.get(id);
      if (row === undefined) return false;
      if (row.state === state) return true;
      setState.run(state, row.number as number);
      const share = rowToShare(row);
      addToSums(share, -1);
      addToSums({ ...share, state }, 1);
      return true;
    },
  };
}

function toShare(record: DumpRecord, instance: number): Share {
  const { timeUs, state, sizeBytes, durationSec, guestPauseMs } = record;
  return {
    instance,
    timeUs,
    state,
    sizeBytes,
    durationUs: Math.round(durationSec * 1e6),
    pauseUs: guestPauseMs === null ? null : Math.round(guestPauseMs * 1e3),
  };
}

function rowToShare(row: RecordRow): Share {
  const pauseMs = row.guest_pause_ms as number | null;
  return {
    instance: row.instance as number,
    timeUs: row.time_us as number,
    state: row.state as RecordState,
    sizeBytes: row.size_bytes as number,
    durationUs: Math.round((row.duration_sec as number) * 1e6),
    pauseUs: pauseMs === null ? null : Math.round(pauseMs * 1e3),
  };
}

function prepareSums(connection: DatabaseSync): (share: Share, sign: 1 | -1) => void {
  const add = connection.prepare(`
    INSERT INTO record_sums VALUES (:slice, :instance, :start, :state, :dumps, :size, :duration, :pauses, :pause)
    ON CONFLICT DO UPDATE SET
      dumps = dumps + excluded.dumps,
      size_bytes = size_bytes + excluded.size_bytes,
      duration_us = duration_us + excluded.duration_us,
      pauses = pauses + excluded.pauses,
      pause_us = pause_us + excluded.pause_us`);
  return (share, sign) => {
    const slots = [
      [sliceUs.block, everyInstance],
      [sliceUs.day, everyInstance],
      // Hours are kept for all machines together only: a single machine has few dumps a day, its rows are read instead.
      [sliceUs.hour, everyInstance],
      [sliceUs.block, share.instance],
      [sliceUs.day, share.instance],
    ] as const;
    for (const [slice, instance] of slots) {
      add.run({
        slice,
        instance,
        start: share.timeUs - (share.timeUs % slice),
        state: share.state,
        dumps: sign,
        size: sign * share.sizeBytes,
        duration: sign * share.durationUs,
        pauses: share.pauseUs === null ? 0 : sign,
        pause: sign * (share.pauseUs ?? 0),
      });
    }
  };
}

function prepareInstances(connection: DatabaseSync): (record: DumpRecord) => number {
  const find: StatementSync = connection.prepare(
    'SELECT number FROM record_instances WHERE machine_id = ? AND dom = ? AND vmid = ?',
  );
  const insert = connection.prepare('INSERT INTO record_instances (machine_id, dom, vmid) VALUES (?, ?, ?)');
  return ({ machineId, dom, vmid }) => {
    const row = find.get(machineId, dom, vmid);
    return Number(row === undefined ? insert.run(machineId, dom, vmid).lastInsertRowid : row.number);
  };
}

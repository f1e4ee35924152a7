import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { nameOf, numberOf } from '../../database/row.ts';
import { allRecordStates } from '../check-query.ts';
import { type DumpRecord, type RecordState, recordTransitions } from '../dump-record.ts';
import { fromRow, toRow } from './record-row.ts';
import { everyInstance, prepareTables, sliceUs } from './schema.ts';

/** Changes records inside of a transaction that the caller has begun: the journal's own, or the writing service's. */
export interface RecordWriter {
  /** False if there was such a record already; it is left as it is. */
  append(record: DumpRecord): boolean;
  /** Whether it is a change that `recordTransitions` allows; null if there is no such record. */
  mark(id: string, state: RecordState): boolean | null;
  /** Fills in the digest of the image of a record that has none; whether it did. */
  describe(id: string, imageSha256: string): boolean;
  get(id: string): DumpRecord | null;
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
  const byId = connection.prepare('SELECT * FROM records WHERE id = ?');
  const setState = connection.prepare('UPDATE records SET state = ? WHERE number = ?');
  const setImageDigest = connection.prepare(
    'UPDATE records SET image_sha256 = ? WHERE id = ? AND image_sha256 IS NULL',
  );
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
      if (row === undefined) return null;
      if (!recordTransitions[nameOf(row, 'state', allRecordStates)].includes(state)) return false;
      setState.run(state, numberOf(row, 'number'));
      const share = toShare(fromRow(row), numberOf(row, 'instance'));
      addToSums(share, -1);
      addToSums({ ...share, state }, 1);
      return true;
    },
    describe: (id, imageSha256) => setImageDigest.run(imageSha256, id).changes > 0,
    get(id) {
      const row = byId.get(id);
      return row === undefined ? null : fromRow(row);
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

/** To be called when the record itself has been written: first and last time are looked up in it. */
function prepareSums(connection: DatabaseSync): (share: Share, sign: 1 | -1) => void {
  const added = ['dumps', 'size_bytes', 'duration_us', 'pauses', 'pause_us'];
  const addition = added.map((column) => `${column} = ${column} + excluded.${column}`).join(', ');
  const values = added.map((column) => `:${column}`).join(', ');
  const sum = connection.prepare(`
    INSERT INTO record_sums VALUES (:slice, :instance, :start, :state, ${values}) ON CONFLICT DO UPDATE SET ${addition}`);
  const total = (ofInstance: string) => {
    const edge = (direction: string) =>
      `(SELECT time_us FROM records WHERE ${ofInstance}state = :state ORDER BY time_us ${direction} LIMIT 1)`;
    return connection.prepare(`
      INSERT INTO record_totals VALUES (:instance, :state, ${values}, ${edge('ASC')}, ${edge('DESC')})
      ON CONFLICT DO UPDATE SET ${addition}, first_us = excluded.first_us, last_us = excluded.last_us`);
  };
  const totalOfAll = total('');
  const totalOfInstance = total('instance = :instance AND ');

  return ({ instance, timeUs, state, sizeBytes, durationUs, pauseUs }, sign) => {
    const change = {
      state,
      dumps: sign,
      size_bytes: sign * sizeBytes,
      duration_us: sign * durationUs,
      pauses: pauseUs === null ? 0 : sign,
      pause_us: sign * (pauseUs ?? 0),
    };
    totalOfAll.run({ ...change, instance: everyInstance });
    totalOfInstance.run({ ...change, instance });
    const add = (slice: number, of: number) =>
      sum.run({ ...change, slice, instance: of, start: timeUs - (timeUs % slice) });
    add(sliceUs.block, everyInstance);
    add(sliceUs.day, everyInstance);
    // Hours are kept for all machines together only: a single machine has few dumps a day, its rows are read instead.
    add(sliceUs.hour, everyInstance);
    add(sliceUs.block, instance);
    add(sliceUs.day, instance);
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

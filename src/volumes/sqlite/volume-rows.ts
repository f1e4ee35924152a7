import type { DatabaseSync } from 'node:sqlite';
import { transact } from '../../database/connection.ts';
import { type Migrations, migrate } from '../../database/migration.ts';
import { nameOf, numberOf, numberOrNull, type Row, textOf, textOrNull } from '../../database/row.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { namesOf } from '../../domain/table.ts';
import {
  type Attachment,
  type DeviceMapping,
  type NewVolume,
  type Volume,
  type VolumeExport,
  type VolumePatch,
  volumeStates,
} from '../volume.ts';
import { providerKinds } from '../volume-provider.ts';

const migrations: Migrations = [
  `CREATE TABLE volumes (
     id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, provider TEXT NOT NULL, provider_id TEXT, size_bytes INTEGER NOT NULL,
     serial TEXT, placement TEXT NOT NULL, state TEXT NOT NULL, problem TEXT,
     created_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL, version INTEGER NOT NULL) STRICT;
   CREATE TABLE volume_attachments (
     volume_id TEXT PRIMARY KEY REFERENCES volumes (id) ON DELETE CASCADE, machine_id TEXT NOT NULL, machine_name TEXT NOT NULL,
     since_ms INTEGER NOT NULL, newer_than INTEGER) STRICT;
   CREATE INDEX volume_attachments_machine ON volume_attachments (machine_id);
   CREATE TABLE volume_devices (
     volume_id TEXT PRIMARY KEY REFERENCES volume_attachments (volume_id) ON DELETE CASCADE, path TEXT NOT NULL UNIQUE,
     rdev TEXT NOT NULL UNIQUE, diskseq INTEGER, size_bytes INTEGER NOT NULL, verified_at_ms INTEGER NOT NULL) STRICT;
   CREATE TABLE volume_exports (
     volume_id TEXT PRIMARY KEY REFERENCES volumes (id), name TEXT NOT NULL UNIQUE, uri TEXT NOT NULL,
     writable INTEGER NOT NULL, since_ms INTEGER NOT NULL) STRICT;`,
  // A diskseq begins anew with every start of the host.
  `ALTER TABLE volume_attachments ADD COLUMN boot TEXT;
   ALTER TABLE volume_devices ADD COLUMN boot TEXT;`,
];

const selection = `SELECT v.*, a.machine_id, a.machine_name, a.since_ms AS attached_ms, a.newer_than, a.boot AS attached_boot,
  d.path, d.rdev, d.diskseq, d.size_bytes AS device_bytes, d.verified_at_ms, d.boot,
  e.name AS export_name, e.uri, e.writable, e.since_ms AS exported_ms
  FROM volumes v LEFT JOIN volume_attachments a ON a.volume_id = v.id LEFT JOIN volume_devices d ON d.volume_id = v.id
  LEFT JOIN volume_exports e ON e.volume_id = v.id`;

export function prepareVolumeTables(connection: DatabaseSync): void {
  migrate(connection, 'volumes', migrations);
}

/** What can be read; the tables are there. */
export function createVolumeReader(connection: DatabaseSync) {
  const byId = connection.prepare(`${selection} WHERE v.id = ?`);
  const byName = connection.prepare(`${selection} WHERE v.name = ?`);
  const all = connection.prepare(`${selection} ORDER BY v.name`);
  const first = (row: Row | undefined): Volume | null => (row === undefined ? null : toVolume(row));
  return {
    get: (id: string): Volume | null => first(byId.get(id)),
    byName: (name: string): Volume | null => first(byName.get(name)),
    list: (): Volume[] => all.all().map(toVolume),
  };
}

/** What can be written; each method is one transaction, or part of the one that its caller has begun. */
export function createVolumeWriter(connection: DatabaseSync) {
  prepareVolumeTables(connection);
  const reader = createVolumeReader(connection);
  const insert = connection.prepare(`INSERT INTO volumes VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, 1)`);
  const update = connection.prepare(
    `UPDATE volumes SET provider_id = ?, size_bytes = ?, serial = ?, state = ?, problem = ?, updated_at_ms = ?,
     version = version + 1 WHERE id = ?`,
  );
  const drop = connection.prepare('DELETE FROM volumes WHERE id = ?');
  const clear = {
    attachment: connection.prepare('DELETE FROM volume_attachments WHERE volume_id = ?'),
    device: connection.prepare('DELETE FROM volume_devices WHERE volume_id = ?'),
    export: connection.prepare('DELETE FROM volume_exports WHERE volume_id = ?'),
  };
  const attach = connection.prepare(
    `INSERT INTO volume_attachments VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (volume_id) DO UPDATE SET machine_id = excluded.machine_id,
     machine_name = excluded.machine_name, since_ms = excluded.since_ms, newer_than = excluded.newer_than, boot = excluded.boot`,
  );
  const map = connection.prepare('INSERT INTO volume_devices VALUES (?, ?, ?, ?, ?, ?, ?)');
  const share = connection.prepare('INSERT INTO volume_exports VALUES (?, ?, ?, ?, ?)');

  function saveParts(id: string, patch: VolumePatch): void {
    const { attachment, device } = patch;
    if (patch.export === null) clear.export.run(id);
    if (device !== undefined) clear.device.run(id);
    if (attachment === null) clear.attachment.run(id);
    if (attachment) {
      const { machineId, machineName, sinceMs, newerThan, boot } = attachment;
      attach.run(id, machineId, machineName, sinceMs, newerThan, boot);
    }
    if (device) {
      const { path, rdev, diskseq, sizeBytes, verifiedAtMs, boot } = device;
      map.run(id, path, rdev, diskseq, sizeBytes, verifiedAtMs, boot);
    }
    if (patch.export) {
      const { name, uri, writable, sinceMs } = patch.export;
      clear.export.run(id);
      share.run(id, name, uri, writable ? 1 : 0, sinceMs);
    }
  }

  function change(id: string, patch: VolumePatch, atMs: number, ifVersion?: number): Volume | null {
    const before = reader.get(id);
    if (before === null || (ifVersion !== undefined && before.version !== ifVersion)) return null;
    const { providerId, sizeBytes, serial, state, problem } = { ...before, ...patch };
    try {
      saveParts(id, patch);
      const kept = problem === null ? null : JSON.stringify(problem);
      update.run(providerId, sizeBytes, serial, state, kept, atMs, id);
    } catch (error) {
      throw toVolumeError(error, before, patch);
    }
    return reader.get(id);
  }

  return {
    reserve: (volume: NewVolume, atMs: number): Volume =>
      transact(connection, () => {
        const known = reader.get(volume.id);
        if (known !== null) return known;
        const { id, name, provider, sizeBytes, placement, adopted } = volume;
        if (reader.byName(name) !== null)
          throw new MemoirError('NAME_TAKEN', `there is a volume called ${name} already`);
        const state = adopted === undefined ? 'CREATING' : 'AVAILABLE';
        const { providerId, serial } = adopted ?? { providerId: null, serial: null };
        insert.run(id, name, provider, providerId, sizeBytes, serial, JSON.stringify(placement), state, atMs, atMs);
        return madeOf(reader.get(id));
      }),
    change: (id: string, patch: VolumePatch, atMs: number, ifVersion?: number): Volume | null =>
      transact(connection, () => change(id, patch, atMs, ifVersion)),
    remove: (id: string, ifVersion?: number): boolean =>
      transact(connection, () => {
        const before = reader.get(id);
        if (before === null || (ifVersion !== undefined && before.version !== ifVersion)) return false;
        clear.export.run(id);
        return drop.run(id).changes > 0;
      }),
    /** For an effect: the journal has begun the transaction. */
    changeWithin: change,
    removeWithin(id: string): void {
      clear.export.run(id);
      drop.run(id);
    },
  };
}

function madeOf(volume: Volume | null): Volume {
  if (volume === null) throw new MemoirError('DATABASE_DAMAGED', 'database: a volume that was just written is missing');
  return volume;
}

function toVolumeError(error: unknown, volume: Volume, patch: VolumePatch): unknown {
  const message = error instanceof Error ? error.message : '';
  if (!/UNIQUE constraint failed: volume_devices/.test(message)) return error;
  return new MemoirError(
    'DEVICE_AMBIGUOUS',
    `the device ${patch.device?.path} (${patch.device?.rdev}) is another volume's: it is not ${volume.name}'s as well`,
    { cause: error },
  );
}

function toVolume(row: Row): Volume {
  return {
    id: textOf(row, 'id'),
    name: textOf(row, 'name'),
    provider: nameOf(row, 'provider', providerKinds),
    providerId: textOrNull(row, 'provider_id'),
    sizeBytes: numberOf(row, 'size_bytes'),
    serial: textOrNull(row, 'serial'),
    placement: JSON.parse(textOf(row, 'placement')),
    state: nameOf(row, 'state', namesOf(volumeStates)),
    attachment: row.machine_id === null ? null : toAttachment(row),
    device: row.path === null ? null : toDevice(row),
    export: row.export_name === null ? null : toExport(row),
    problem: row.problem === null ? null : JSON.parse(textOf(row, 'problem')),
    createdAtMs: numberOf(row, 'created_at_ms'),
    updatedAtMs: numberOf(row, 'updated_at_ms'),
    version: numberOf(row, 'version'),
  };
}

const toAttachment = (row: Row): Attachment => ({
  machineId: textOf(row, 'machine_id'),
  machineName: textOf(row, 'machine_name'),
  sinceMs: numberOf(row, 'attached_ms'),
  newerThan: numberOrNull(row, 'newer_than'),
  boot: textOrNull(row, 'attached_boot'),
});

const toDevice = (row: Row): DeviceMapping => ({
  path: textOf(row, 'path'),
  rdev: textOf(row, 'rdev'),
  diskseq: numberOrNull(row, 'diskseq'),
  boot: textOrNull(row, 'boot'),
  sizeBytes: numberOf(row, 'device_bytes'),
  verifiedAtMs: numberOf(row, 'verified_at_ms'),
});

const toExport = (row: Row): VolumeExport => ({
  name: textOf(row, 'export_name'),
  uri: textOf(row, 'uri'),
  writable: row.writable === 1,
  sinceMs: numberOf(row, 'exported_ms'),
});

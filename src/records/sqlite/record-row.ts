import { nameOf, numberOf, numberOrNull, type Row, textOf, textOrNull } from '../../database/row.ts';
import { allRecordStates } from '../check-query.ts';
import type { DumpRecord } from '../dump-record.ts';

/** The record's columns and what goes into them, but for the row's number. */
export function toRow(record: DumpRecord, instance: number): Record<string, string | number | null> {
  return {
    id: record.id,
    time_us: record.timeUs,
    instance,
    machine_id: record.machineId,
    dom: record.dom,
    vmid: record.vmid,
    host: record.host,
    state: record.state,
    sha256: record.sha256,
    image_sha256: record.imageSha256,
    duration_sec: record.durationSec,
    size_bytes: record.sizeBytes,
    raw_size_bytes: record.rawSizeBytes,
    ctime: record.ctime,
    mtime: record.mtime,
    atime: record.atime,
    dump_path: record.dumpPath,
    format: record.format,
    compression: record.compression,
    method: record.method,
    guest_pause_ms: record.guestPauseMs,
    demo: record.demo ? 1 : 0,
  };
}

export function fromRow(row: Row): DumpRecord {
  return {
    id: textOf(row, 'id'),
    timeUs: numberOf(row, 'time_us'),
    machineId: textOf(row, 'machine_id'),
    dom: textOf(row, 'dom'),
    vmid: textOf(row, 'vmid'),
    host: textOf(row, 'host'),
    state: nameOf(row, 'state', allRecordStates),
    sha256: textOf(row, 'sha256'),
    imageSha256: textOrNull(row, 'image_sha256'),
    durationSec: numberOf(row, 'duration_sec'),
    sizeBytes: numberOf(row, 'size_bytes'),
    rawSizeBytes: numberOf(row, 'raw_size_bytes'),
    ctime: numberOf(row, 'ctime'),
    mtime: numberOf(row, 'mtime'),
    atime: numberOf(row, 'atime'),
    dumpPath: textOf(row, 'dump_path'),
    format: textOf(row, 'format'),
    compression: textOf(row, 'compression'),
    method: textOf(row, 'method'),
    guestPauseMs: numberOrNull(row, 'guest_pause_ms'),
    demo: row.demo === 1,
  };
}

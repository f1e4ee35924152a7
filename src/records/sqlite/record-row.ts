import type { SQLOutputValue } from 'node:sqlite';
import type { DumpRecord, RecordState } from '../dump-record.ts';

/** A row of `records`, as SQLite gives it. */
export type RecordRow = Record<string, SQLOutputValue>;

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

export function fromRow(row: RecordRow): DumpRecord {
  return {
    id: row.id as string,
    timeUs: row.time_us as number,
    machineId: row.machine_id as string,
    dom: row.dom as string,
    vmid: row.vmid as string,
    host: row.host as string,
    state: row.state as RecordState,
    sha256: row.sha256 as string,
    imageSha256: row.image_sha256 as string | null,
    durationSec: row.duration_sec as number,
    sizeBytes: row.size_bytes as number,
    rawSizeBytes: row.raw_size_bytes as number,
    ctime: row.ctime as number,
    mtime: row.mtime as number,
    atime: row.atime as number,
    dumpPath: row.dump_path as string,
    format: row.format as string,
    compression: row.compression as string,
    method: row.method as string,
    guestPauseMs: row.guest_pause_ms as number | null,
    demo: row.demo === 1,
  };
}

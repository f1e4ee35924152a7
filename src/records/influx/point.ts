import type { InfluxRow, InfluxValue } from '../../influx/influx-values.ts';
import { boolean, encodeLine, float, integer, string } from '../../influx/line-protocol.ts';
import { fromTagValue } from '../../influx/tag-text.ts';
import { allRecordStates } from '../check-query.ts';
import type { DumpRecord, RecordState } from '../dump-record.ts';

/** The measurement of completed dumps, as the old dashboards read it: nothing else is ever written to it. */
export const dumpsTable = 'mem_dumps';
/** What happened to them afterwards. */
export const eventsTable = 'mem_dump_events';

/** The columns that a filter, an order or a sum may name; the rest is read by `SELECT *`. */
export const dumpTags = ['dom', 'vmid'] as const;
export const dumpFields = [
  { name: 'sha256', type: 'utf8' },
  { name: 'duration_sec', type: 'float64' },
  { name: 'gzip_size_bytes', type: 'int64' },
  { name: 'ctime', type: 'int64' },
  { name: 'mtime', type: 'int64' },
  { name: 'atime', type: 'int64' },
  { name: 'dump_path', type: 'utf8' },
  { name: 'dump_id', type: 'utf8' },
  { name: 'host', type: 'utf8' },
  { name: 'machine_id', type: 'utf8' },
  { name: 'format', type: 'utf8' },
  { name: 'compression', type: 'utf8' },
  { name: 'raw_size_bytes', type: 'int64' },
  { name: 'guest_pause_ms', type: 'float64' },
  { name: 'method', type: 'utf8' },
  { name: 'image_sha256', type: 'utf8' },
  { name: 'demo', type: 'bool' },
  { name: 'state', type: 'utf8' },
] as const;

/**
 * The record as a point: first the seven fields and two tags of the old dashboards, exactly, then what was added since. The
 * dump's id is a field: a new tag would change the identity of every point. `state` is left out, which means AVAILABLE, so
 * that sending the same line again never takes back what was said of the artifact since.
 */
export function toLine(record: DumpRecord): string {
  return encodeLine({
    ...identity(record),
    fields: {
      sha256: string(record.sha256),
      duration_sec: float(record.durationSec),
      gzip_size_bytes: integer(record.sizeBytes),
      ctime: integer(record.ctime),
      mtime: integer(record.mtime),
      atime: integer(record.atime),
      dump_path: string(record.dumpPath),
      dump_id: string(record.id),
      host: string(record.host),
      machine_id: string(record.machineId),
      format: string(record.format),
      compression: string(record.compression),
      raw_size_bytes: integer(record.rawSizeBytes),
      guest_pause_ms: float(record.guestPauseMs),
      method: string(record.method),
      image_sha256: string(record.imageSha256),
      demo: boolean(record.demo),
    },
  });
}

/**
 * What became of the artifact: one field more on the same point (a point written again keeps its other fields), and an event
 * of its own for the history.
 */
export function toStateLines(record: DumpRecord, state: RecordState, atMs: number): string[] {
  return [toStateLine(record, state), toEventLine(record, state, atMs)];
}

export function toStateLine(record: DumpRecord, state: RecordState): string {
  return encodeLine({ ...identity(record), fields: { state: string(state) } });
}

function toEventLine(record: DumpRecord, state: RecordState, atMs: number): string {
  const { dom, vmid, id, host } = record;
  return encodeLine({
    measurement: eventsTable,
    tags: { dom, vmid },
    fields: { dump_id: string(id), host: string(host), state: string(state) },
    timeUs: atMs * 1000,
  });
}

function identity({ dom, vmid, timeUs }: DumpRecord) {
  return { measurement: dumpsTable, tags: { dom, vmid }, timeUs };
}

/** The id of a point that another writer made: what identifies it, in a form that SQL computes too (see sql.ts). */
export function pointId(timeUs: number, vmid: string, dom: string): string {
  return `point:${timeUs}:${vmid}:${dom}`;
}

/** Whether a record came from a point of another writer. */
export function isForeignId(id: string): boolean {
  return id.startsWith('point:');
}

/** The microsecond of another writer's point, which its id begins with; null for an id of a dump. */
export function momentOfPoint(id: string): number | null {
  const digits = /^point:(\d{1,16}):/.exec(id)?.[1];
  return digits === undefined ? null : Number(digits);
}

/**
 * A row as a record. Points of other writers lack what was added since: their tags are taken as they are (ours are pictured
 * text), format and compression follow from the path, and what nobody knows is zero or null.
 */
export function fromRow(row: InfluxRow, timeUs: number): DumpRecord {
  const ours = typeof row.dump_id === 'string' && row.dump_id !== '';
  const [domTag, vmidTag] = [text(row.dom), text(row.vmid)];
  const dom = ours ? fromTagValue(domTag) : domTag;
  const path = text(row.dump_path);
  const state = text(row.state) as RecordState;
  return {
    id: ours ? text(row.dump_id) : pointId(timeUs, vmidTag, domTag),
    timeUs,
    machineId: text(row.machine_id) || `dom:${domTag}`,
    dom,
    vmid: ours ? fromTagValue(vmidTag) : vmidTag,
    host: text(row.host),
    state: allRecordStates.includes(state) ? state : 'AVAILABLE',
    sha256: text(row.sha256),
    imageSha256: text(row.image_sha256) || null,
    durationSec: number(row.duration_sec) ?? 0,
    sizeBytes: number(row.gzip_size_bytes) ?? 0,
    rawSizeBytes: number(row.raw_size_bytes) ?? 0,
    ctime: number(row.ctime) ?? 0,
    mtime: number(row.mtime) ?? 0,
    atime: number(row.atime) ?? 0,
    dumpPath: path,
    format: text(row.format) || (/\.raw(\.|$)/.test(path) ? 'RAW' : 'ELF'),
    compression: text(row.compression) || (/\.gz$/.test(path) ? 'GZIP' : /\.zst$/.test(path) ? 'ZSTD' : 'NONE'),
    method: text(row.method) || 'CORE_DUMP',
    guestPauseMs: number(row.guest_pause_ms),
    demo: row.demo === true,
  };
}

function text(value: InfluxValue | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}

export function number(value: InfluxValue | undefined): number | null {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

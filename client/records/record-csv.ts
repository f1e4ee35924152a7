import type { RecordFieldsFragment } from '../api/generated/graphql.ts';
import type { Cell } from '../format/csv.ts';

/** Columns of the export: first those of the old measurement by their old names, then what was added since. */
export const recordColumns: readonly (readonly [name: string, cell: (record: RecordFieldsFragment) => Cell])[] = [
  ['timestamp', (it) => it.time],
  ['dom', (it) => it.dom],
  ['vmid', (it) => it.vmid],
  ['sha256', (it) => it.sha256],
  ['duration_sec', (it) => it.durationSec],
  ['gzip_size_bytes', (it) => it.gzipSizeBytes],
  ['ctime', (it) => it.ctime],
  ['mtime', (it) => it.mtime],
  ['atime', (it) => it.atime],
  ['dump_path', (it) => it.dumpPath],
  ['dump_id', (it) => it.id],
  ['machine_id', (it) => it.machineId],
  ['host', (it) => it.host],
  ['state', (it) => it.state],
  ['method', (it) => it.method],
  ['guest_pause_ms', (it) => it.guestPauseMs],
  ['format', (it) => it.format],
  ['compression', (it) => it.compression],
  ['raw_size_bytes', (it) => it.rawSizeBytes],
  ['image_sha256', (it) => it.imageSha256],
  ['demo', (it) => it.demo],
];

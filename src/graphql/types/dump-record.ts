import type { DumpRecord } from '../../records/dump-record.ts';
import { builder } from '../builder.ts';
import { RecordStateEnum } from '../enums.ts';
import { asDump, DumpType } from './dump.ts';
import { HoldType } from './retention.ts';

export const DumpRecordType = builder.objectRef<DumpRecord>('DumpRecord');

DumpRecordType.implement({
  description: 'The metadata row of a finished dump. It stays when the artifact is deleted.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id: that of the dump that created it.' }),
    time: t.field({
      type: 'DateTime',
      description: 'When the dump was committed, with microseconds.',
      resolve: (record) => record.timeUs / 1000,
    }),
    vmName: t.exposeString('dom', { description: 'The machine’s name at that time.' }),
    dom: t.exposeString('dom', {
      description: 'The machine’s name at that time.',
      deprecationReason: 'Use vmName: the name of the old dashboards says less.',
    }),
    vmid: t.exposeString('vmid', { description: 'The hypervisor’s number of the captured instance.' }),
    machineId: t.exposeID('machineId', { description: 'The machine’s UUID.' }),
    host: t.exposeString('host', { description: 'The host that the machine ran on.' }),
    state: t.expose('state', { type: RecordStateEnum, description: 'State of the artifact.' }),
    hold: t.field({
      type: HoldType,
      nullable: true,
      description: 'Who holds it, and why: a held one cannot be deleted. Null if nobody does.',
      resolve: (record, _, { loaders }) => loaders.hold.load(record.id),
    }),
    sha256: t.exposeString('sha256', {
      description: 'SHA-256 of the artifact as it lies on disk, in hex: `sha256sum` gives the same.',
    }),
    imageSha256: t.exposeString('imageSha256', {
      nullable: true,
      description: 'SHA-256 of the uncompressed image, if it was taken.',
    }),
    durationSec: t.exposeFloat('durationSec', { description: 'How long the dump took, in seconds.' }),
    sizeBytes: t.expose('sizeBytes', {
      type: 'ByteCount',
      description: 'Size of the artifact on disk, whatever its compression.',
    }),
    gzipSizeBytes: t.expose('sizeBytes', {
      type: 'ByteCount',
      description: 'Size of the artifact on disk, whatever its compression: the name is that of the old dashboards.',
      deprecationReason: 'Use sizeBytes: not every artifact is compressed by gzip.',
    }),
    rawSizeBytes: t.expose('rawSizeBytes', { type: 'ByteCount', description: 'Size of the uncompressed image.' }),
    // Epoch seconds leave the range of GraphQL's 32-bit Int in 2038.
    changedAt: t.field({
      type: 'DateTime',
      description: 'The file’s change time.',
      resolve: (record) => record.ctime * 1000,
    }),
    ctime: t.exposeFloat('ctime', {
      description: 'The file’s change time, in whole seconds since 1970.',
      deprecationReason: 'Use changedAt.',
    }),
    modifiedAt: t.field({
      type: 'DateTime',
      description: 'The file’s modification time.',
      resolve: (record) => record.mtime * 1000,
    }),
    mtime: t.exposeFloat('mtime', {
      description: 'The file’s modification time, in whole seconds since 1970.',
      deprecationReason: 'Use modifiedAt.',
    }),
    accessedAt: t.field({
      type: 'DateTime',
      description: 'The file’s access time.',
      resolve: (record) => record.atime * 1000,
    }),
    atime: t.exposeFloat('atime', {
      description: 'The file’s access time, in whole seconds since 1970.',
      deprecationReason: 'Use accessedAt.',
    }),
    dumpPath: t.exposeString('dumpPath', { description: 'Path of the artifact on the server.' }),
    format: t.exposeString('format', {
      description: 'Form of the memory image: ELF, RAW, or what an older server wrote.',
    }),
    compression: t.exposeString('compression', {
      description: 'Compression of the artifact: ZSTD, GZIP, NONE, or what an older server wrote.',
    }),
    method: t.exposeString('method', {
      description: 'How the memory was taken: SNAPSHOT, CORE_DUMP, or what an older server wrote.',
    }),
    guestPauseMs: t.exposeFloat('guestPauseMs', {
      nullable: true,
      description: 'How long the guest stood still because of the dump, in milliseconds; null if not known.',
    }),
    demo: t.exposeBoolean('demo', { description: 'True for a simulated (demo) machine.' }),
    dump: t.field({
      type: DumpType,
      nullable: true,
      description: 'The operation that made it; null if that happened on another server.',
      resolve: async (record, _, { loaders }) => asDump(await loaders.operation.load(record.id)),
    }),
  }),
});

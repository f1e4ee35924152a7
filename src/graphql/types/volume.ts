import type { Operation } from '../../operations/operation.ts';
import type { BlockDevice } from '../../volumes/devices/block-device.ts';
import {
  attachType,
  createType,
  deleteType,
  detachType,
  exportType,
  formatType,
  resizeType,
  unexportType,
  volumeSubject,
} from '../../volumes/operation-types.ts';
import type { ReconcileReport } from '../../volumes/reconcile/reconcile-report.ts';
import type { Attachment, DeviceMapping, Volume, VolumeExport } from '../../volumes/volume.ts';
import type { ProvidedVolume } from '../../volumes/volume-provider.ts';
import type { Volumes } from '../../volumes/volumes.ts';
import { builder, failsAlone } from '../builder.ts';
import { type Connection, connectionType, pageArgs } from '../connection.ts';
import { VolumeStateEnum } from '../enums.ts';
import { listOperations } from '../operation-list.ts';
import { NodeInterface } from './node.ts';
import { OperationInterface } from './operation.ts';
import { OperationErrorType } from './operation-error.ts';

const AttachmentType = builder.objectRef<Attachment>('VolumeAttachment').implement({
  description: 'The machine that has a volume, or is on its way to or from it.',
  fields: (t) => ({
    machineId: t.exposeID('machineId', { description: 'The machine’s UUID.' }),
    machineName: t.exposeString('machineName', { description: 'The machine’s name when the volume was attached.' }),
    since: t.expose('sinceMs', { type: 'DateTime', description: 'When the attachment began.' }),
  }),
});

const ExportType = builder.objectRef<VolumeExport>('VolumeExport').implement({
  description: 'A volume’s bytes over NBD.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The export’s name on its server.' }),
    uri: t.exposeString('uri', {
      description: 'Where a client on this host finds it: for qemu-img, nbdcopy and others.',
    }),
    writable: t.exposeBoolean('writable', { description: 'Whether clients may write.' }),
    since: t.expose('sinceMs', { type: 'DateTime', description: 'Since when it is there.' }),
  }),
});

type DeviceParts = Pick<BlockDevice, 'path' | 'rdev' | 'diskseq' | 'sizeBytes'> & Partial<DeviceMapping>;

export const VolumeDeviceType = builder.objectRef<DeviceParts>('VolumeDevice').implement({
  description: 'The block device that a volume is on this host.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'Where it is opened now. Another device may have it tomorrow.' }),
    rdev: t.exposeString('rdev', { description: 'Its number, `major:minor`.' }),
    diskseq: t.float({
      nullable: true,
      description: 'Grows with every device that appears; null where the kernel has none (before Linux 5.15).',
      resolve: ({ diskseq }) => diskseq,
    }),
    sizeBytes: t.expose('sizeBytes', { type: 'ByteCount', description: 'How large the device is.' }),
    verifiedAt: t.field({
      type: 'DateTime',
      description: 'When it was last shown to be the volume.',
      resolve: ({ verifiedAtMs }) => verifiedAtMs ?? Date.now(),
    }),
  }),
});

const VolumeOperations = connectionType<Operation, Connection<Operation>>(
  'VolumeHistory',
  OperationInterface,
  'operations on a volume',
);

export const VolumeType = builder.objectRef<Volume>('Volume').implement({
  description: 'Block storage that can be attached to a machine.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its UUID, by which the provider’s object is marked.' }),
    name: t.exposeString('name', { description: 'Its name; unique.' }),
    provider: t.exposeString('provider', { description: '`libvirt`, `cloudstack` or `demo`.' }),
    providerId: t.exposeString('providerId', {
      nullable: true,
      description: 'The provider’s own id; null until it is made.',
    }),
    state: t.expose('state', { type: VolumeStateEnum, description: 'State.' }),
    sizeBytes: t.expose('sizeBytes', { type: 'ByteCount', description: 'How large it is.' }),
    serial: t.exposeString('serial', {
      nullable: true,
      description: 'What its device shows as its serial: the way to recognise it inside a machine too.',
    }),
    zone: t.string({
      nullable: true,
      description: 'The storage pool or zone that was asked for; null for the default.',
      resolve: ({ placement }) => placement.zone,
    }),
    offering: t.string({
      nullable: true,
      description: 'The format or disk offering that was asked for; null for the default.',
      resolve: ({ placement }) => placement.offering,
    }),
    attachment: t.expose('attachment', {
      type: AttachmentType,
      nullable: true,
      description: 'The machine that has it; null if none has.',
    }),
    device: t.expose('device', {
      type: VolumeDeviceType,
      nullable: true,
      description:
        'Its device as it was verified last; null where it is no device of this host. Before you use it, ask volumeDevice.',
    }),
    export: t.expose('export', {
      type: ExportType,
      nullable: true,
      description: 'Its export over NBD; null if there is none.',
    }),
    problem: t.expose('problem', {
      type: OperationErrorType,
      nullable: true,
      description: 'What is inconsistent, or could not be checked; null if all is well.',
    }),
    createdAt: t.expose('createdAtMs', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAtMs', { type: 'DateTime', description: 'When it changed last.' }),
    history: t.field({
      type: VolumeOperations,
      ...failsAlone,
      description: 'The operations on it, newest first.',
      args: pageArgs(t.arg),
      resolve: ({ id }, args, { services }) =>
        listOperations(services, `volume-${id}`, { subjects: [volumeSubject(id)] }, args),
    }),
  }),
});

const types = [createType, attachType, detachType, deleteType, resizeType, exportType, unexportType, formatType];

interface Asked {
  readonly volumeId: string;
  readonly name: string;
  readonly machineId?: string;
  readonly sizeBytes?: number;
}

function requestOf(operation: Operation): Asked | null {
  return types.find(({ name }) => name === operation.kind)?.requestOf(operation) ?? null;
}

export const VolumeOperationType = builder.objectRef<Operation>('VolumeOperation').implement({
  description: 'An operation on a volume.',
  interfaces: [NodeInterface, OperationInterface],
  fields: (t) => ({
    volumeId: t.id({
      nullable: true,
      description: 'The volume’s UUID, also after it was deleted.',
      resolve: (operation) => requestOf(operation)?.volumeId ?? null,
    }),
    volumeName: t.string({
      nullable: true,
      description: 'The volume’s name when this was asked for.',
      resolve: (operation) => requestOf(operation)?.name ?? null,
    }),
    volume: t.field({
      type: VolumeType,
      nullable: true,
      description: 'The volume as it is now; null before it is there and after it was deleted.',
      resolve: (operation, _, { services }) => {
        const id = requestOf(operation)?.volumeId;
        return id === undefined ? null : services.volumes.get(id);
      },
    }),
    vmId: t.id({
      nullable: true,
      description: 'The UUID of the machine that it attaches to or detaches from; null for any other.',
      resolve: (operation) => requestOf(operation)?.machineId ?? null,
    }),
    sizeBytes: t.field({
      type: 'ByteCount',
      nullable: true,
      description: 'The size that it creates or resizes to; null for any other.',
      resolve: (operation) => requestOf(operation)?.sizeBytes ?? null,
    }),
    exportUri: t.string({
      nullable: true,
      description: 'Where the export is that it made; null for any other.',
      resolve: (operation) => exportType.resultOf(operation)?.uri ?? null,
    }),
    devicePath: t.string({
      nullable: true,
      description: 'The device that was found; null for any other, and where it is no device of this host.',
      resolve: (operation) => attachType.resultOf(operation)?.devicePath ?? null,
    }),
  }),
});

const OrphanType = builder.objectRef<ProvidedVolume>('OrphanVolume').implement({
  description: 'A volume of our mark at the provider that the catalogue does not know. It is never touched.',
  fields: (t) => ({
    id: t.exposeID('mark', { description: 'Its mark.' }),
    providerId: t.exposeString('providerId', { description: 'The provider’s own id.' }),
    sizeBytes: t.expose('sizeBytes', { type: 'ByteCount', description: 'How large it is.' }),
  }),
});

export const VolumeReportType = builder.objectRef<ReconcileReport>('VolumeReport').implement({
  description: 'Result of a comparison of the catalogue with provider and devices.',
  fields: (t) => ({
    at: t.expose('atMs', { type: 'DateTime', description: 'When it was made.' }),
    tookMs: t.exposeInt('tookMs', { description: 'How long it took, in milliseconds.' }),
    volumes: t.exposeInt('volumes', { description: 'How many volumes were compared.' }),
    repaired: t.stringList({
      description: 'What was put right, one sentence each.',
      extensions: { length: 10 },
      resolve: ({ repaired }) => [...repaired],
    }),
    problems: t.stringList({
      description: 'What could not be put right, one sentence each.',
      extensions: { length: 10 },
      resolve: ({ problems }) => [...problems],
    }),
    orphans: t.field({
      type: [OrphanType],
      description: 'Volumes of our mark that the catalogue does not know.',
      extensions: { length: 10 },
      resolve: ({ orphans }) => [...orphans],
    }),
    failure: t.exposeString('failure', {
      nullable: true,
      description: 'Why the provider could not be asked; null if it was.',
    }),
  }),
});

export const VolumeProviderType = builder
  .objectRef<Pick<Volumes, 'provider' | 'lastReport'>>('VolumeProvider')
  .implement({
    description: 'Where this server’s volumes are kept.',
    fields: (t) => ({
      kind: t.exposeString('provider', { description: '`libvirt`, `cloudstack` or `demo`.' }),
      demo: t.boolean({
        description: 'Whether its volumes and devices are simulated.',
        resolve: ({ provider }) => provider === 'demo',
      }),
      reason: t.string({
        nullable: true,
        description: 'Why it could not be asked at the last comparison; null if it was, or before the first one.',
        resolve: ({ lastReport }) => lastReport?.failure ?? null,
      }),
    }),
  });

import type { Operation } from '../../operations/operation.ts';
import type { ImportReport } from '../../volumes/import/import-volumes.ts';
import type { ReconcileReport } from '../../volumes/reconcile/reconcile-report.ts';
import type { VolumeCaller } from '../../volumes/volumes.ts';
import { builder, failsAlone } from '../builder.ts';
import type { RequestContext } from '../context.ts';
import { attempt, payloadType } from '../payload.ts';
import { VolumeOperationType, VolumeReportType } from '../types/volume.ts';

const CreateVolumeInput = builder.inputType('CreateVolumeInput', {
  description: 'What volume to create.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: '1 to 64 letters, digits and `._-`, beginning with a letter or digit; no other volume’s.',
    }),
    sizeBytes: t.field({ type: 'ByteCount', required: true, description: 'How large.' }),
    zone: t.string({
      description: 'The storage pool (libvirt) or zone (CloudStack); the default where it is left out.',
    }),
    offering: t.string({
      description:
        'The format (libvirt: raw or qcow2) or disk offering (CloudStack); the default where it is left out.',
    }),
    idempotencyKey: t.string({
      description: '1 to 200 characters that stand for this request: repeated, it gives the same operation.',
    }),
  }),
});

type Started = { readonly operation: Operation };

const VolumePayload = payloadType<Started>('VolumePayload', 'The operation that was started.', (t) => ({
  operation: t.expose('operation', {
    type: VolumeOperationType,
    nullable: true,
    description: 'The operation: it is durable, and runs when it is its turn. Follow it with operationProgress.',
  }),
}));

const callerOf = ({ actor, traceparent }: RequestContext, key: string | null | undefined): VolumeCaller => ({
  actor: actor.name,
  ...(key == null ? {} : { idempotencyKey: key }),
  ...(traceparent === null ? {} : { traceparent }),
});

builder.mutationField('createVolume', (t) =>
  t.field({
    type: VolumePayload,
    ...failsAlone,
    description: 'Creates a volume.',
    args: { input: t.arg({ type: CreateVolumeInput, required: true, description: 'What volume.' }) },
    resolve: attempt(async ({ input }: { input: typeof CreateVolumeInput.$inferInput }, context) => {
      const { name, sizeBytes, zone, offering, idempotencyKey } = input;
      const wish = { name, sizeBytes, placement: { zone: zone ?? null, offering: offering ?? null } };
      return { operation: await context.services.volumes.create(wish, callerOf(context, idempotencyKey)) };
    }),
  }),
);

builder.mutationField('attachVolume', (t) =>
  t.field({
    type: VolumePayload,
    ...failsAlone,
    description: 'Attaches a volume to a machine and, where that machine is this host, finds its device.',
    args: {
      volume: t.arg.string({ required: true, description: 'The volume’s name or UUID.' }),
      vm: t.arg.string({ required: true, description: 'The machine’s name or UUID.' }),
    },
    resolve: attempt(async ({ volume, vm }: { volume: string; vm: string }, context) => ({
      operation: await context.services.volumes.attach(volume, vm, callerOf(context, null)),
    })),
  }),
);

builder.mutationField('detachVolume', (t) =>
  t.field({
    type: VolumePayload,
    ...failsAlone,
    description:
      'Detaches a volume from its machine. It succeeds only when the machine has released the device: DETACH_REFUSED otherwise.',
    args: {
      volume: t.arg.string({ required: true, description: 'The volume’s name or UUID.' }),
      vm: t.arg.string({ description: 'The machine’s name or UUID: refused if another one has the volume.' }),
    },
    resolve: attempt(async ({ volume, vm }: { volume: string; vm?: string | null | undefined }, context) => ({
      operation: await context.services.volumes.detach(volume, vm ?? null, callerOf(context, null)),
    })),
  }),
);

builder.mutationField('resizeVolume', (t) =>
  t.field({
    type: VolumePayload,
    ...failsAlone,
    description: 'Makes a volume larger; a machine that has it sees the new size.',
    args: {
      volume: t.arg.string({ required: true, description: 'The volume’s name or UUID.' }),
      sizeBytes: t.arg({ type: 'ByteCount', required: true, description: 'How large; not smaller than it is.' }),
    },
    resolve: attempt(async ({ volume, sizeBytes }: { volume: string; sizeBytes: number }, context) => ({
      operation: await context.services.volumes.resize(volume, sizeBytes, callerOf(context, null)),
    })),
  }),
);

builder.mutationField('deleteVolume', (t) =>
  t.field({
    type: VolumePayload,
    ...failsAlone,
    description: 'Deletes a volume with its bytes. One that is attached or exported is VOLUME_IN_USE.',
    authScopes: { role: 'ADMIN' },
    args: { volume: t.arg.string({ required: true, description: 'The volume’s name or UUID.' }) },
    resolve: attempt(async ({ volume }: { volume: string }, context) => ({
      operation: await context.services.volumes.remove(volume, callerOf(context, null)),
    })),
  }),
);

builder.mutationField('exportVolume', (t) =>
  t.field({
    type: VolumePayload,
    ...failsAlone,
    description: 'Shows a volume’s bytes over NBD on a socket of this host, after its device was verified.',
    authScopes: { role: 'ADMIN' },
    args: {
      volume: t.arg.string({ required: true, description: 'The volume’s name or UUID.' }),
      writable: t.arg.boolean({ required: true, defaultValue: false, description: 'Whether clients may write.' }),
    },
    resolve: attempt(async ({ volume, writable }: { volume: string; writable: boolean }, context) => ({
      operation: await context.services.volumes.addExport(volume, writable, callerOf(context, null)),
    })),
  }),
);

builder.mutationField('unexportVolume', (t) =>
  t.field({
    type: VolumePayload,
    ...failsAlone,
    description: 'Ends a volume’s export: its clients get a few seconds to leave, then they are cut off.',
    authScopes: { role: 'ADMIN' },
    args: { volume: t.arg.string({ required: true, description: 'The volume’s name or UUID.' }) },
    resolve: attempt(async ({ volume }: { volume: string }, context) => ({
      operation: await context.services.volumes.removeExport(volume, callerOf(context, null)),
    })),
  }),
);

builder.mutationField('formatVolume', (t) =>
  t.field({
    type: VolumePayload,
    ...failsAlone,
    description:
      'Makes an ext4 file system on a volume’s device, if that is proven to be the volume, unused and empty (VOLUME_NOT_EMPTY). Formatted already is success.',
    authScopes: { role: 'ADMIN' },
    args: {
      volume: t.arg.string({ required: true, description: 'The volume’s name or UUID.' }),
      confirm: t.arg.string({ required: true, description: 'The volume’s name once more.' }),
    },
    resolve: attempt(async ({ volume, confirm }: { volume: string; confirm: string }, context) => ({
      operation: await context.services.volumes.format(volume, confirm, callerOf(context, null)),
    })),
  }),
);

const ReconcileVolumesPayload = payloadType<{ readonly report: ReconcileReport }>(
  'ReconcileVolumesPayload',
  'What the comparison found.',
  (t) => ({
    report: t.expose('report', {
      type: VolumeReportType,
      nullable: true,
      description: 'What was found and put right.',
    }),
  }),
);

const ImportReportType = builder.objectRef<ImportReport>('VolumeImport').implement({
  description: 'Result of the import of the old volume daemon’s volumes.',
  fields: (t) => ({
    imported: t.stringList({
      description: 'What is known here now, one sentence each.',
      extensions: { length: 10 },
      resolve: ({ imported }) => [...imported],
    }),
    unchanged: t.exposeInt('unchanged', { description: 'How many were known here before.' }),
    conflicts: t.stringList({
      description: 'Contradictions in the tables, one sentence each; these volumes were not imported.',
      extensions: { length: 10 },
      resolve: ({ conflicts }) => [...conflicts],
    }),
  }),
});

const ImportVolumesPayload = payloadType<{ readonly report: ImportReport }>(
  'ImportVolumesPayload',
  'What was imported.',
  (t) => ({
    report: t.expose('report', { type: ImportReportType, nullable: true, description: 'What was imported.' }),
  }),
);

builder.mutationField('importVolumes', (t) =>
  t.field({
    type: ImportVolumesPayload,
    ...failsAlone,
    description:
      'Takes over the volumes of the old volume daemon, from what mysqldump wrote of `device_mappings` and `volume_operations`. The provider is asked about each; repeated, it changes nothing.',
    authScopes: { role: 'ADMIN' },
    args: { tables: t.arg.string({ required: true, description: 'The text of the dump.' }) },
    resolve: attempt(async ({ tables }: { tables: string }, { services }) => ({
      report: await services.volumes.importTables(tables),
    })),
  }),
);

builder.mutationField('reconcileVolumes', (t) =>
  t.field({
    type: ReconcileVolumesPayload,
    ...failsAlone,
    description:
      'Compares the catalogue of volumes with provider and devices now, as is done every minute, and writes down what they say. No bytes are deleted.',
    resolve: attempt(async (_: object, { services }) => ({ report: await services.volumes.reconcile() })),
  }),
);

import { join } from 'node:path';
import { artifactKeyOf } from '../../dumps/artifact-name.ts';
import { dumpKind } from '../../dumps/dumps.ts';
import { dumpType } from '../../dumps/operation-types.ts';
import type { Operation } from '../../operations/operation.ts';
import { builder } from '../builder.ts';
import { CaptureMethodEnum, CompressionEnum, ImageFormatEnum, MethodChoiceEnum } from '../enums.ts';
import { DumpRecordType } from './dump-record.ts';
import { NodeInterface } from './node.ts';
import { OperationInterface } from './operation.ts';
import { VmType } from './vm.ts';

const { requestOf: wishOf, resultOf } = dumpType;

/** The operation if it is a dump, else null. */
export const asDump = (operation: Operation | null): Operation | null =>
  operation?.kind === dumpKind ? operation : null;

export const guestPauseOf = (dump: Operation): number | null => resultOf(dump)?.guestPauseMs ?? null;
export const vmNameOf = (dump: Operation): string => wishOf(dump).machineName;

export const DumpType = builder.objectRef<Operation>('Dump');

DumpType.implement({
  interfaces: () => [NodeInterface, OperationInterface],
  description: 'The operation that captures one machine’s memory into an artifact.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Identity of the operation, and of the record that it makes.' }),
    vm: t.field({
      type: VmType,
      nullable: true,
      description: 'The machine as it is now; null if it is gone, or while the hypervisor does not respond.',
      resolve: (dump, _, { loaders }) => loaders.machine.load(wishOf(dump).machineId),
    }),
    vmName: t.string({ description: 'The machine’s name when the dump was accepted.', resolve: vmNameOf }),
    machineId: t.id({ description: 'The machine’s UUID.', resolve: (dump) => wishOf(dump).machineId }),
    vmid: t.string({
      nullable: true,
      description: 'The hypervisor’s number of the captured instance; null before the dump is completed.',
      resolve: (dump) => resultOf(dump)?.vmid ?? null,
    }),
    demo: t.boolean({ description: 'True for a simulated (demo) machine.', resolve: (dump) => wishOf(dump).demo }),
    method: t.field({
      type: CaptureMethodEnum,
      nullable: true,
      description: 'The method that was used; null before the dump is completed.',
      resolve: (dump) => resultOf(dump)?.method ?? null,
    }),
    methodChoice: t.field({
      type: MethodChoiceEnum,
      description: 'The method that was asked for.',
      resolve: (dump) => wishOf(dump).method,
    }),
    methodReason: t.string({
      nullable: true,
      description: 'Why that method was used.',
      resolve: (dump) => resultOf(dump)?.methodReason ?? null,
    }),
    format: t.field({
      type: ImageFormatEnum,
      description: 'Form of the memory image.',
      resolve: (dump) => wishOf(dump).format,
    }),
    compression: t.field({
      type: CompressionEnum,
      description: 'Compression of the artifact.',
      resolve: (dump) => wishOf(dump).compression,
    }),
    durationSec: t.float({
      nullable: true,
      description:
        'Seconds from start to end, as its record has them; null before the end, and where the server ended first.',
      resolve: ({ durationMs }) => (durationMs === null ? null : durationMs / 1000),
    }),
    guestPauseMs: t.float({
      nullable: true,
      description: 'How long the guest stood still because of the dump, in milliseconds; null if not known (yet).',
      resolve: guestPauseOf,
    }),
    sha256: t.string({
      nullable: true,
      description: 'SHA-256 of the artifact as it lies on disk, in hex: `sha256sum` gives the same.',
      resolve: (dump) => resultOf(dump)?.sha256 ?? null,
    }),
    imageSha256: t.string({
      nullable: true,
      description: 'SHA-256 of the uncompressed image, if it was taken.',
      resolve: (dump) => resultOf(dump)?.imageSha256 ?? null,
    }),
    sizeBytes: t.field({
      type: 'ByteCount',
      nullable: true,
      description: 'Size of the artifact on disk.',
      resolve: (dump) => resultOf(dump)?.sizeBytes ?? null,
    }),
    rawSizeBytes: t.field({
      type: 'ByteCount',
      nullable: true,
      description: 'Size of the uncompressed image.',
      resolve: (dump) => resultOf(dump)?.rawSizeBytes ?? null,
    }),
    plannedPath: t.string({
      description: 'Where its artifact will lie on the server, or lies: known before anything is there.',
      resolve: (dump, _, { services: { store } }) => {
        const { folder, file } = artifactKeyOf(dump, wishOf(dump));
        return join(store.location, folder, file);
      },
    }),
    dumpPath: t.string({
      nullable: true,
      description: 'Path of the artifact on the server.',
      resolve: (dump) => resultOf(dump)?.dumpPath ?? null,
    }),
    record: t.field({
      type: DumpRecordType,
      nullable: true,
      description: 'Its row in the records; null before it is completed.',
      resolve: (dump, _, { loaders }) => loaders.record.load(dump.id),
    }),
  }),
});

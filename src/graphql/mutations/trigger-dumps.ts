import type { DumpRejection, TriggerOutcome } from '../../dumps/dumps.ts';
import { builder } from '../builder.ts';
import { CompressionEnum, ErrorCodeEnum, ImageFormatEnum, MethodChoiceEnum } from '../enums.ts';
import { DumpType } from '../types/dump.ts';

const TriggerDumpsInput = builder.inputType('TriggerDumpsInput', {
  description: 'Which machines to dump, and how. Either `vms` or `all`.',
  fields: (t) => ({
    vms: t.stringList({
      description: 'Names, numeric ids or UUIDs, 1 to 1000; one that is named twice is dumped once.',
    }),
    all: t.boolean({ required: true, defaultValue: false, description: 'Every machine that is running now.' }),
    method: t.field({ type: MethodChoiceEnum, required: true, defaultValue: 'AUTO', description: 'How to capture.' }),
    format: t.field({ type: ImageFormatEnum, required: true, defaultValue: 'ELF', description: 'Form of the image.' }),
    compression: t.field({
      type: CompressionEnum,
      required: true,
      defaultValue: 'ZSTD',
      description: 'Compression of the artifact.',
    }),
    idempotencyKey: t.string({
      description:
        '1 to 200 characters that stand for this wish: asked again with the same key, the server answers with the same dumps and starts no others.',
    }),
  }),
});

const DumpRejectionType = builder.objectRef<DumpRejection>('DumpRejection').implement({
  description: 'Why one machine of the batch gets no dump. The others are not affected.',
  fields: (t) => ({
    vm: t.exposeString('vm', { description: 'The machine, as the caller named it.' }),
    code: t.field({
      type: ErrorCodeEnum,
      description: 'What kind of obstacle; stable, for programs.',
      resolve: (rejection) => rejection.error.code,
    }),
    message: t.string({ description: 'What the obstacle is.', resolve: (rejection) => rejection.error.message }),
    hint: t.string({ description: 'What to do about it.', resolve: (rejection) => rejection.error.hint }),
    activeDump: t.field({
      type: DumpType,
      nullable: true,
      description: 'The dump that is in the way, for ALREADY_ACTIVE.',
      resolve: (rejection) => rejection.active,
    }),
  }),
});

const TriggerDumpsPayload = builder.objectRef<TriggerOutcome>('TriggerDumpsPayload').implement({
  description: 'What became of the wish, machine by machine.',
  fields: (t) => ({
    accepted: t.field({
      type: [DumpType],
      description: 'Dumps that are durable now, and run when it is their turn: follow them with dumpProgress.',
      resolve: (outcome) => [...outcome.accepted],
    }),
    rejected: t.field({
      type: [DumpRejectionType],
      description: 'Machines that get none, and why.',
      resolve: (outcome) => [...outcome.rejected],
    }),
  }),
});

builder.mutationField('triggerDumps', (t) =>
  t.field({
    type: TriggerDumpsPayload,
    description:
      'Asks for dumps and answers as soon as they are durable: what was accepted will be done or say why not.',
    args: { input: t.arg({ type: TriggerDumpsInput, required: true, description: 'Which machines, and how.' }) },
    resolve: (_, { input: { vms, idempotencyKey, ...rest } }, { services, actor }) =>
      services.dumps.trigger(
        { ...rest, ...(vms == null ? {} : { vms }), ...(idempotencyKey == null ? {} : { idempotencyKey }) },
        actor.name,
      ),
  }),
);

import { type ErrorShape, MemoirError } from '../../domain/memoir-error.ts';
import type { DumpRejection, TriggerInput, TriggerOutcome } from '../../dumps/dumps.ts';
import { builder, failsAlone } from '../builder.ts';
import { CompressionEnum, ImageFormatEnum, MethodChoiceEnum } from '../enums.ts';
import { attempt, payloadType } from '../payload.ts';
import { DumpType } from '../types/dump.ts';
import { Problem } from '../types/problem.ts';

const MachineSelection = builder.inputType('MachineSelection', {
  description: 'Which machines are meant.',
  isOneOf: true,
  fields: (t) => ({
    names: t.stringList({
      description: 'Names, numeric ids or UUIDs, 1 to 1000; one that is named twice is meant once.',
    }),
    all: t.boolean({ description: 'Every machine that is running now; true is the only value that makes sense.' }),
  }),
});

const TriggerDumpsInput = builder.inputType('TriggerDumpsInput', {
  description: 'Which machines to dump, and how.',
  fields: (t) => ({
    machines: t.field({ type: MachineSelection, description: 'Which machines.' }),
    vms: t.stringList({
      description: 'Names, numeric ids or UUIDs, 1 to 1000; one that is named twice is dumped once.',
      deprecationReason: 'Use machines: { names: […] }.',
    }),
    all: t.boolean({
      required: true,
      defaultValue: false,
      description: 'Every machine that is running now.',
      deprecationReason: 'Use machines: { all: true }.',
    }),
    method: t.field({ type: MethodChoiceEnum, required: true, defaultValue: 'AUTO', description: 'How to capture.' }),
    format: t.field({ type: ImageFormatEnum, required: true, defaultValue: 'ELF', description: 'Form of the image.' }),
    compression: t.field({
      type: CompressionEnum,
      required: true,
      defaultValue: 'ZSTD',
      description: 'Compression of the artifact.',
    }),
    imageDigest: t.boolean({
      defaultValue: false,
      description:
        'Take the SHA-256 of the uncompressed image too, which reads the artifact back before the dump is complete. A verification fills it in later at no extra cost.',
    }),
    maxPauseMs: t.int({
      description:
        'The longest that a machine may be expected to stand still, in milliseconds: beyond it the dump is refused with PAUSE_TOO_LONG. Default: none for a method that is chosen by name; for AUTO the server’s MAX_PAUSE (30 s where it is not set), above which this cannot go.',
    }),
    idempotencyKey: t.string({
      description:
        'Idempotency key, 1 to 200 characters: a request that is repeated with the same key returns the same dumps and starts no others.',
    }),
  }),
});

const DumpRejectionType = builder.objectRef<ErrorShape & DumpRejection>('DumpRejection').implement({
  interfaces: [Problem],
  description: 'Why one machine of the batch gets no dump. The others are not affected.',
  fields: (t) => ({
    vm: t.exposeString('vm', { description: 'The machine, as the caller named it.' }),
    activeDump: t.field({
      type: DumpType,
      nullable: true,
      description: 'The dump that is in the way, for ALREADY_ACTIVE.',
      resolve: (rejection) => rejection.active,
    }),
  }),
});

const TriggerDumpsPayload = payloadType<TriggerOutcome>(
  'TriggerDumpsPayload',
  'Result of the request, machine by machine.',
  (t) => ({
    accepted: t.field({
      type: [DumpType],
      description: 'Dumps that are durable now, and run when it is their turn: follow them with dumpProgress.',
      resolve: (outcome) => [...(outcome.accepted ?? [])],
    }),
    rejected: t.field({
      type: [DumpRejectionType],
      description: 'Rejected machines, with reasons.',
      resolve: (outcome) => (outcome.rejected ?? []).map((one) => ({ ...one.error, ...one })),
    }),
  }),
);

builder.mutationField('triggerDumps', (t) =>
  t.field({
    type: TriggerDumpsPayload,
    ...failsAlone,
    description:
      'Asks for dumps and answers as soon as they are durable: what was accepted will be done or say why not.',
    args: { input: t.arg({ type: TriggerDumpsInput, required: true, description: 'Which machines, and how.' }) },
    resolve: attempt(({ input }: { input: typeof TriggerDumpsInput.$inferInput }, { services, actor, traceparent }) => {
      const { machines, vms, all, idempotencyKey, maxPauseMs, imageDigest, ...rest } = input;
      const chosen = selectionOf(machines ?? null, vms ?? null, all);
      return services.dumps.trigger(
        {
          ...rest,
          ...chosen,
          ...(maxPauseMs == null ? {} : { maxPauseMs }),
          imageDigest: imageDigest ?? false,
          ...(idempotencyKey == null ? {} : { idempotencyKey }),
          ...(traceparent === null ? {} : { traceparent }),
        },
        actor.name,
      );
    }),
  }),
);

type Selection = Pick<TriggerInput, 'vms' | 'all'>;

/** The machines that are meant, said the new way or the old one. */
function selectionOf(
  machines: typeof MachineSelection.$inferInput | null,
  vms: readonly string[] | null,
  all: boolean,
): Selection {
  if (machines === null) return { all, ...(vms === null ? {} : { vms }) };
  if (vms !== null || all)
    throw new MemoirError('BAD_INPUT', 'give either `machines` or one of the older `vms` and `all`');
  if (machines.names != null) return { vms: machines.names };
  if (machines.all === true) return { all: true };
  throw new MemoirError('BAD_INPUT', '`all` can only be true: name the machines in `names` otherwise');
}

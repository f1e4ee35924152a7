import { MemoirError } from '../domain/memoir-error.ts';
import type { MachineSelection, ScheduledWork } from '../schedules/schedule.ts';
import type { ScheduleDraft, TimingDraft } from '../schedules/schedules.ts';
import { builder } from './builder.ts';
import { CompressionEnum, ImageFormatEnum, MethodChoiceEnum, MissedPolicyEnum } from './enums.ts';

const CronInput = builder.inputType('CronTimingInput', {
  description: 'Times that a cron expression names.',
  fields: (t) => ({
    expression: t.string({
      required: true,
      description:
        'Minute, hour, day, month, weekday, as in `30 2 * * 1-5`; six fields begin with seconds. `L` (last), `#` (second Friday: `FRI#2`), `W` (nearest weekday) and names are understood.',
    }),
    timeZone: t.string({
      required: true,
      defaultValue: 'UTC',
      description: 'Time zone, by its IANA name.',
    }),
  }),
});

const EveryInput = builder.inputType('EveryTimingInput', {
  description: 'Times that are equally far from each other.',
  fields: (t) => ({
    seconds: t.int({ required: true, description: 'How far: 1 second to 400 days.' }),
    from: t.field({ type: 'DateTime', description: 'What they are counted from; the moment of saving if absent.' }),
  }),
});

export const TimingInput = builder.inputType('ScheduleTimingInput', {
  description: 'When: one of the two.',
  isOneOf: true,
  fields: (t) => ({
    cron: t.field({ type: CronInput, description: 'By a cron expression.' }),
    every: t.field({ type: EveryInput, description: 'Every so often.' }),
  }),
});

const MachinesInput = builder.inputType('ScheduleMachinesInput', {
  description: 'Which machines, or Node.js processes for heap snapshots: one of the four.',
  isOneOf: true,
  fields: (t) => ({
    all: t.boolean({ description: 'All that run when it is due; true is the only value that makes sense.' }),
    names: t.stringList({ description: 'By name or id, 1 to 1000.' }),
    pattern: t.string({
      description: 'Those that run and whose name matches; `*` is any text, `?` one character.',
    }),
    label: t.string({ description: 'Those that run and have this word in their title, as libvirt keeps it.' }),
  }),
});

const DumpInput = builder.inputType('ScheduledDumpInput', {
  description: 'How dumps are taken.',
  fields: (t) => ({
    method: t.field({ type: MethodChoiceEnum, required: true, defaultValue: 'AUTO', description: 'How to capture.' }),
    format: t.field({ type: ImageFormatEnum, required: true, defaultValue: 'ELF', description: 'Form of the image.' }),
    compression: t.field({
      type: CompressionEnum,
      required: true,
      defaultValue: 'ZSTD',
      description: 'Compression of the artifact.',
    }),
    maxPauseMs: t.float({ description: 'The longest expected pause, as for triggerDumps.' }),
    imageDigest: t.boolean({
      required: true,
      defaultValue: false,
      description: 'Take the digest of the uncompressed image too.',
    }),
  }),
});

export const ScheduleInput = builder.inputType('ScheduleInput', {
  description: 'All of a schedule.',
  fields: (t) => ({
    name: t.string({ required: true, description: '1 to 200 characters, no other schedule’s.' }),
    timing: t.field({ type: TimingInput, required: true, description: 'When.' }),
    machines: t.field({ type: MachinesInput, required: true, description: 'Which machines.' }),
    dump: t.field({ type: DumpInput, description: 'How to dump; as triggerDumps does where both are absent.' }),
    heapPairWaitSeconds: t.int({
      description: 'Captures two heap snapshots of each process in place of dumps, so many seconds apart.',
    }),
    missed: t.field({
      type: MissedPolicyEnum,
      required: true,
      defaultValue: 'SKIP',
      description: 'What happens with due times that were missed while the server was not running.',
    }),
    maxCaughtUp: t.int({ required: true, defaultValue: 3, description: 'For RUN_ALL: at most so many, 1 to 100.' }),
    spreadSeconds: t.int({
      required: true,
      defaultValue: 0,
      description:
        'Each machine starts at a moment of its own within so long after the due time, always the same: 0 to 86400.',
    }),
    maxParallel: t.int({ description: 'At most so many of its runs at once; what the server allows if absent.' }),
  }),
});

export function timingOf({ cron, every }: typeof TimingInput.$inferInput): TimingDraft {
  if (cron != null) return { kind: 'CRON', cron: cron.expression, timeZone: cron.timeZone };
  if (every == null) throw new MemoirError('BAD_INPUT', 'a schedule needs `cron` or `every`');
  const anchor = every.from == null ? {} : { anchorMs: Math.floor(every.from) };
  return { kind: 'EVERY', everyMs: every.seconds * 1_000, ...anchor };
}

export function draftOf(input: typeof ScheduleInput.$inferInput): ScheduleDraft {
  const { name, missed, maxCaughtUp, spreadSeconds, maxParallel } = input;
  return {
    name,
    timing: timingOf(input.timing),
    machines: selectionOf(input.machines),
    work: workOf(input),
    missed,
    maxCaughtUp,
    spreadMs: spreadSeconds * 1_000,
    maxParallel: maxParallel ?? null,
  };
}

function selectionOf({ all, names, pattern, label }: typeof MachinesInput.$inferInput): MachineSelection {
  if (names != null) return { kind: 'NAMES', names };
  if (pattern != null) return { kind: 'PATTERN', pattern };
  if (label != null) return { kind: 'LABEL', label };
  if (all === true) return { kind: 'ALL' };
  throw new MemoirError('BAD_INPUT', '`all` can only be true: name the machines in `names` otherwise');
}

function workOf({ dump, heapPairWaitSeconds: wait }: typeof ScheduleInput.$inferInput): ScheduledWork {
  if (wait != null) {
    if (dump != null) throw new MemoirError('BAD_INPUT', 'give either `dump` or `heapPairWaitSeconds`, not both');
    return { kind: 'HEAP_PAIR', waitMs: wait * 1_000 };
  }
  const { method = 'AUTO', format = 'ELF', compression = 'ZSTD', maxPauseMs = null, imageDigest = false } = dump ?? {};
  return { kind: 'DUMP', method, format, compression, maxPauseMs: maxPauseMs ?? null, imageDigest };
}

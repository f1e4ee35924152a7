import type { ErrorShape } from '../../domain/memoir-error.ts';
import type { ScheduleEvent, ScheduleRun, Shot } from '../../schedules/run.ts';
import type { MachineSelection, Schedule, ScheduledWork, Timing } from '../../schedules/schedule.ts';
import { builder, failsAlone } from '../builder.ts';
import {
  CompressionEnum,
  ImageFormatEnum,
  MethodChoiceEnum,
  MissedPolicyEnum,
  ScheduledRunStateEnum,
  ScheduleEventTypeEnum,
} from '../enums.ts';
import { OperationInterface } from './operation.ts';
import { OperationErrorType } from './operation-error.ts';

type Cron = Extract<Timing, { kind: 'CRON' }>;
type Every = Extract<Timing, { kind: 'EVERY' }>;
type ScheduledDump = Extract<ScheduledWork, { kind: 'DUMP' }>;

const CronType = builder.objectRef<Cron>('CronTiming').implement({
  description: 'Times that a cron expression names.',
  fields: (t) => ({
    expression: t.exposeString('cron', {
      description: 'Minute, hour, day, month, weekday; a sixth in front: seconds.',
    }),
    timeZone: t.exposeString('timeZone', { description: 'Time zone, by its IANA name.' }),
  }),
});

const EveryType = builder.objectRef<Every>('EveryTiming').implement({
  description: 'Times that are equally far from each other.',
  fields: (t) => ({
    seconds: t.int({ description: 'How far.', resolve: ({ everyMs }) => everyMs / 1_000 }),
    from: t.expose('anchorMs', { type: 'DateTime', description: 'What they are counted from.' }),
  }),
});

const TimingType = builder.objectRef<Timing>('ScheduleTiming').implement({
  description: 'When a schedule is due: one of the two.',
  fields: (t) => ({
    cron: t.field({
      type: CronType,
      nullable: true,
      description: 'By a cron expression.',
      resolve: (timing) => (timing.kind === 'CRON' ? timing : null),
    }),
    every: t.field({
      type: EveryType,
      nullable: true,
      description: 'Every so often.',
      resolve: (timing) => (timing.kind === 'EVERY' ? timing : null),
    }),
  }),
});

const SelectionType = builder.objectRef<MachineSelection>('ScheduleMachines').implement({
  description: 'Which machines (or processes, for heap snapshots) a schedule means: one of the four.',
  fields: (t) => ({
    all: t.boolean({ description: 'All that run when it is due.', resolve: ({ kind }) => kind === 'ALL' }),
    names: t.stringList({
      nullable: true,
      description: 'By name or id.',
      extensions: { length: 10 },
      resolve: (machines) => (machines.kind === 'NAMES' ? machines.names : null),
    }),
    pattern: t.string({
      nullable: true,
      description: 'Those that run and whose name matches; `*` is any text, `?` one character.',
      resolve: (machines) => (machines.kind === 'PATTERN' ? machines.pattern : null),
    }),
    label: t.string({
      nullable: true,
      description: 'Those that run and have this word in their title, as libvirt keeps it.',
      resolve: (machines) => (machines.kind === 'LABEL' ? machines.label : null),
    }),
  }),
});

const ScheduledDumpType = builder.objectRef<ScheduledDump>('ScheduledDump').implement({
  description: 'How scheduled dumps are taken.',
  fields: (t) => ({
    method: t.expose('method', { type: MethodChoiceEnum, description: 'How to capture.' }),
    format: t.expose('format', { type: ImageFormatEnum, description: 'Form of the image.' }),
    compression: t.expose('compression', { type: CompressionEnum, description: 'Compression of the artifact.' }),
    maxPauseMs: t.exposeFloat('maxPauseMs', { nullable: true, description: 'The longest expected pause.' }),
    imageDigest: t.exposeBoolean('imageDigest', { description: 'Take the digest of the uncompressed image too.' }),
  }),
});

const ScheduledRunType = builder.objectRef<Shot>('ScheduledRun').implement({
  description: 'The run of one machine at a due time.',
  fields: (t) => ({
    targetId: t.exposeID('targetId', { description: 'The machine’s UUID, or the heap target’s id.' }),
    targetName: t.exposeString('targetName', { description: 'Its name at that time.' }),
    state: t.expose('state', { type: ScheduledRunStateEnum, description: 'State.' }),
    startsAt: t.expose('fireAtMs', { type: 'DateTime', description: 'When it is to start: due time and spread.' }),
    operation: t.field({
      type: OperationInterface,
      nullable: true,
      description: 'Its operation, once it was accepted and as long as the journal keeps it.',
      resolve: async ({ operationId }, _, { loaders }) =>
        operationId === null ? null : loaders.operation.load(operationId),
    }),
    error: t.field({
      type: OperationErrorType,
      nullable: true,
      description: 'Why it failed or could not start.',
      resolve: ({ error }): ErrorShape | null => error,
    }),
  }),
});

const ScheduleRunType = builder.objectRef<ScheduleRun>('ScheduleRun').implement({
  description: 'One due time, and its runs.',
  fields: (t) => ({
    dueAt: t.field({ type: 'DateTime', description: 'When it was due.', resolve: ({ due }) => due.dueMs }),
    missed: t.boolean({
      description: 'It passed while the server did not run, or the clock was set.',
      resolve: ({ due }) => due.missed,
    }),
    skipped: t.boolean({
      description: 'It was missed, and the policy says that it does not run.',
      resolve: ({ due }) => due.state === 'SKIPPED',
    }),
    machines: t.field({
      type: [ScheduledRunType],
      description: 'Machine by machine; empty where none matched.',
      extensions: { length: 5 },
      resolve: ({ shots }) => [...shots],
    }),
  }),
});

const firstArg = { required: true, defaultValue: 10, description: 'How many.' } as const;

export const ScheduleType = builder.objectRef<Schedule>('Schedule').implement({
  description: 'Work that starts by itself.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id.' }),
    name: t.string({ description: 'Its name; unique.', resolve: ({ spec }) => spec.name }),
    timing: t.field({ type: TimingType, description: 'When.', resolve: ({ spec }) => spec.timing }),
    machines: t.field({ type: SelectionType, description: 'Which machines.', resolve: ({ spec }) => spec.machines }),
    dump: t.field({
      type: ScheduledDumpType,
      nullable: true,
      description: 'How its dumps are taken; null if it captures heaps.',
      resolve: ({ spec: { work } }) => (work.kind === 'DUMP' ? work : null),
    }),
    heapPairWaitSeconds: t.int({
      nullable: true,
      description: 'Seconds between the two heap snapshots that it takes; null if it dumps machines.',
      resolve: ({ spec: { work } }) => (work.kind === 'HEAP_PAIR' ? work.waitMs / 1_000 : null),
    }),
    missed: t.field({
      type: MissedPolicyEnum,
      description: 'What happens with missed due times.',
      resolve: ({ spec }) => spec.missed,
    }),
    maxCaughtUp: t.int({ description: 'For RUN_ALL: at most so many.', resolve: ({ spec }) => spec.maxCaughtUp }),
    spreadSeconds: t.int({
      description: 'Each machine starts at a moment of its own within so long after the due time.',
      resolve: ({ spec }) => spec.spreadMs / 1_000,
    }),
    maxParallel: t.int({
      nullable: true,
      description: 'At most so many of its runs at once; null for what the server allows.',
      resolve: ({ spec }) => spec.maxParallel,
    }),
    paused: t.exposeBoolean('paused', { description: 'It starts nothing until it is resumed.' }),
    nextDueTimes: t.field({
      type: ['DateTime'],
      ...failsAlone,
      description: 'When it is due next, whether or not it is paused.',
      args: { first: t.arg.int(firstArg) },
      resolve: ({ spec }, { first }, { services }) => [...services.schedules.upcoming(spec.timing, bounded(first))],
    }),
    runs: t.field({
      type: [ScheduleRunType],
      ...failsAlone,
      description: 'Its last due times, newest first.',
      args: { first: t.arg.int(firstArg) },
      extensions: { ...failsAlone.extensions, length: 10 },
      resolve: ({ id }, { first }, { services }) =>
        services.schedules.runs(id, bounded(first)).then((runs) => [...runs]),
    }),
    createdAt: t.expose('createdAtMs', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAtMs', {
      type: 'DateTime',
      description: 'When it was changed, paused or resumed last.',
    }),
    createdBy: t.exposeString('actor', { description: 'Who created it.' }),
  }),
});

/** What is asked for, within reason. */
export const bounded = (first: number): number => Math.max(0, Math.min(100, first));

export const ScheduleEventObject = builder.objectRef<ScheduleEvent>('ScheduleEvent').implement({
  description: 'Something about schedules that needs attention.',
  fields: (t) => ({
    number: t.exposeInt('seq', { description: 'Its number: they rise.' }),
    at: t.expose('atMs', { type: 'DateTime', description: 'When it was noticed.' }),
    type: t.expose('type', { type: ScheduleEventTypeEnum, description: 'What it is.' }),
    scheduleId: t.exposeID('scheduleId', { description: 'The schedule’s id.' }),
    scheduleName: t.exposeString('scheduleName', { description: 'The schedule’s name at that time.' }),
    dueAt: t.expose('dueMs', { type: 'DateTime', description: 'The due time; the first one of several.' }),
    targetName: t.exposeString('targetName', { nullable: true, description: 'The machine; null for all of them.' }),
    operationId: t.exposeID('operationId', { nullable: true, description: 'The operation that failed.' }),
    message: t.exposeString('message', { description: 'One sentence for a person.' }),
  }),
});

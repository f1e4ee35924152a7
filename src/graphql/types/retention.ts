import type { Hold } from '../../records/holds.ts';
import type { Verdict } from '../../retention/item.ts';
import type { RetentionPolicy } from '../../retention/policy.ts';
import type { RetentionPreview } from '../../retention/retention.ts';
import type { RetentionRun } from '../../retention/retention-store.ts';
import { builder } from '../builder.ts';
import { ArtifactKindEnum, RetentionReasonEnum } from '../enums.ts';

export const HoldType = builder.objectRef<Hold>('Hold').implement({
  description: 'A hold: the artifact cannot be deleted, by retention or by hand.',
  fields: (t) => ({
    kind: t.expose('kind', { type: ArtifactKindEnum, description: 'What is held.' }),
    id: t.exposeID('id', { description: 'The dump’s id, or that of the heap captures’ session.' }),
    reason: t.exposeString('reason', { description: 'Why it is held.' }),
    actor: t.exposeString('actor', { description: 'Who said so.' }),
    at: t.expose('atMs', { type: 'DateTime', description: 'When.' }),
  }),
});

const ScopeType = builder.objectRef<RetentionPolicy['spec']['scope']>('RetentionScope').implement({
  description: 'Whose artifacts a policy is about: one of the three.',
  fields: (t) => ({
    all: t.boolean({ description: 'All that no other policy is about.', resolve: ({ kind }) => kind === 'ALL' }),
    machines: t.stringList({
      nullable: true,
      description: 'Those of machines of these names or ids.',
      extensions: { length: 10 },
      resolve: (scope) => (scope.kind === 'MACHINES' ? scope.names : null),
    }),
    scheduleId: t.id({
      nullable: true,
      description: 'Those that this schedule made.',
      resolve: (scope) => (scope.kind === 'SCHEDULE' ? scope.scheduleId : null),
    }),
  }),
});

const counted = (description: string) => ({ nullable: true, description }) as const;

export const RetentionPolicyType = builder.objectRef<RetentionPolicy>('RetentionPolicy').implement({
  description: 'What is kept. Without any rule everything is, within the limits of bytes, which stand above the rules.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id.' }),
    name: t.string({ description: 'Its name; unique.', resolve: ({ spec }) => spec.name }),
    scope: t.field({ type: ScopeType, description: 'Whose artifacts.', resolve: ({ spec }) => spec.scope }),
    artifacts: t.field({
      type: [ArtifactKindEnum],
      description: 'Which kinds of artifacts.',
      extensions: { length: 2 },
      resolve: ({ spec }) => spec.artifacts,
    }),
    keepLast: t.int({ ...counted('The last ones of each machine.'), resolve: ({ spec }) => spec.keepLast }),
    keepHourly: t.int({ ...counted('The newest of so many hours.'), resolve: ({ spec }) => spec.keepHourly }),
    keepDaily: t.int({ ...counted('The newest of so many days.'), resolve: ({ spec }) => spec.keepDaily }),
    keepWeekly: t.int({ ...counted('The newest of so many weeks.'), resolve: ({ spec }) => spec.keepWeekly }),
    keepMonthly: t.int({ ...counted('The newest of so many months.'), resolve: ({ spec }) => spec.keepMonthly }),
    keepWithinHours: t.int({
      ...counted('All that are at most so much older than the newest.'),
      resolve: ({ spec }) => (spec.keepWithinMs === null ? null : Math.round(spec.keepWithinMs / 3_600_000)),
    }),
    timeZone: t.string({ description: 'Time zone of hours and days.', resolve: ({ spec }) => spec.timeZone }),
    maxBytesPerMachine: t.field({
      type: 'ByteCount',
      ...counted('At most so many bytes of each machine; the oldest are removed.'),
      resolve: ({ spec }) => spec.maxBytesPerMachine,
    }),
    maxBytes: t.field({
      type: 'ByteCount',
      ...counted('At most so many bytes in all; the oldest are removed.'),
      resolve: ({ spec }) => spec.maxBytes,
    }),
    freeOnPressure: t.boolean({
      description: 'Whether the oldest are removed when a dump would be refused for lack of space.',
      resolve: ({ spec }) => spec.freeOnPressure,
    }),
    updatedAt: t.expose('updatedAtMs', { type: 'DateTime', description: 'When it was changed last.' }),
  }),
});

const VerdictType = builder.objectRef<Verdict>('RetentionVerdict').implement({
  description: 'What happens to one artifact, and why.',
  fields: (t) => ({
    kind: t.field({ type: ArtifactKindEnum, description: 'What it is.', resolve: ({ item }) => item.kind }),
    id: t.id({ description: 'The dump’s id, or that of the heap captures’ session.', resolve: ({ item }) => item.id }),
    machineName: t.string({ description: 'Its machine or service.', resolve: ({ item }) => item.machineName }),
    createdAt: t.field({ type: 'DateTime', description: 'When it was made.', resolve: ({ item }) => item.createdMs }),
    sizeBytes: t.field({ type: 'ByteCount', description: 'Its size on disk.', resolve: ({ item }) => item.sizeBytes }),
    goes: t.exposeBoolean('goes', { description: 'Whether it goes.' }),
    policyId: t.exposeID('policyId', { nullable: true, description: 'The policy that decides; null for none.' }),
    reasons: t.field({
      type: [RetentionReasonEnum],
      description: 'Why it is kept or removed.',
      extensions: { length: 3 },
      resolve: ({ reasons }) => [...reasons],
    }),
  }),
});

const sum = (verdicts: readonly Verdict[]) => verdicts.reduce((bytes, { item }) => bytes + item.sizeBytes, 0);
const going = ({ verdicts }: RetentionPreview) => verdicts.filter(({ goes }) => goes);
const staying = ({ verdicts }: RetentionPreview) => verdicts.filter(({ goes }) => !goes);
const firstArg = { required: true, defaultValue: 100, description: 'How many; at most 1000.' } as const;
const few = (first: number) => Math.max(0, Math.min(1_000, first));

export const RetentionPreviewType = builder.objectRef<RetentionPreview>('RetentionPreview').implement({
  description: 'What would be removed and what would be kept now.',
  fields: (t) => ({
    going: t.field({
      type: [VerdictType],
      description: 'What is removed, oldest first.',
      args: { first: t.arg.int(firstArg) },
      resolve: (preview, { first }) => going(preview).slice(0, few(first)),
    }),
    goingCount: t.int({ description: 'How many are removed.', resolve: (preview) => going(preview).length }),
    goingBytes: t.field({ type: 'ByteCount', description: 'How much that frees.', resolve: (one) => sum(going(one)) }),
    staying: t.field({
      type: [VerdictType],
      description: 'What is kept, newest first.',
      args: { first: t.arg.int(firstArg) },
      resolve: (preview, { first }) => staying(preview).reverse().slice(0, few(first)),
    }),
    stayingCount: t.int({ description: 'How many are kept.', resolve: (preview) => staying(preview).length }),
    stayingBytes: t.field({
      type: 'ByteCount',
      description: 'How large they are.',
      resolve: (one) => sum(staying(one)),
    }),
    fingerprint: t.exposeString('fingerprint', {
      description: 'Fingerprint of what would be removed: runRetention with it removes exactly that, or nothing.',
    }),
    warning: t.exposeString('warning', { nullable: true, description: 'Why nothing may be removed now.' }),
  }),
});

export const RetentionRunType = builder.objectRef<RetentionRun>('RetentionRun').implement({
  description: 'One time that retention removed something, or could not.',
  fields: (t) => ({
    at: t.expose('atMs', { type: 'DateTime', description: 'When it ended.' }),
    actor: t.exposeString('actor', {
      description: 'Who asked for it; `retention` for the hourly one, `space` for one before a dump.',
    }),
    removed: t.exposeInt('removed', { description: 'How many artifacts went.' }),
    freedBytes: t.expose('freedBytes', { type: 'ByteCount', description: 'How large they were.' }),
    failed: t.exposeInt('failed', { description: 'How many could not be removed.' }),
    warning: t.exposeString('warning', { nullable: true, description: 'What was in the way.' }),
  }),
});

import { MemoirError } from '../domain/memoir-error.ts';
import type { PolicyScope, PolicySpec } from '../retention/policy.ts';
import { builder } from './builder.ts';
import { ArtifactKindEnum } from './enums.ts';

const ScopeInput = builder.inputType('RetentionScopeInput', {
  description: 'Whose artifacts: one of the three.',
  isOneOf: true,
  fields: (t) => ({
    all: t.boolean({ description: 'All that no other policy is about; true is the only value that makes sense.' }),
    machines: t.stringList({ description: 'Those of machines of these names or ids.' }),
    scheduleId: t.id({ description: 'Those that this schedule makes.' }),
  }),
});

export const RetentionPolicyInput = builder.inputType('RetentionPolicyInput', {
  description: 'All of a policy. Rules that are absent keep nothing; without any rule everything is kept.',
  fields: (t) => ({
    name: t.string({ required: true, description: '1 to 200 characters, no other policy’s.' }),
    scope: t.field({ type: ScopeInput, required: true, description: 'Whose artifacts.' }),
    artifacts: t.field({
      type: [ArtifactKindEnum],
      required: true,
      defaultValue: ['DUMP', 'HEAP'],
      description: 'Which kinds of artifacts.',
    }),
    keepLast: t.int({ description: 'The last ones of each machine.' }),
    keepHourly: t.int({ description: 'The newest of so many hours.' }),
    keepDaily: t.int({ description: 'The newest of so many days.' }),
    keepWeekly: t.int({ description: 'The newest of so many weeks.' }),
    keepMonthly: t.int({ description: 'The newest of so many months.' }),
    keepWithinHours: t.int({ description: 'All that are at most so much older than the newest.' }),
    timeZone: t.string({ required: true, defaultValue: 'UTC', description: 'Time zone of hours and days.' }),
    maxBytesPerMachine: t.field({ type: 'ByteCount', description: 'At most so many bytes of each machine.' }),
    maxBytes: t.field({ type: 'ByteCount', description: 'At most so many bytes in all.' }),
    freeOnPressure: t.boolean({
      required: true,
      defaultValue: false,
      description: 'Remove the oldest when a dump would be refused for lack of space.',
    }),
  }),
});

export function policyOf(input: typeof RetentionPolicyInput.$inferInput): PolicySpec {
  const { name, scope, artifacts, timeZone, freeOnPressure, keepWithinHours: within } = input;
  return {
    name,
    scope: scopeOf(scope),
    artifacts: [...new Set(artifacts)],
    keepLast: input.keepLast ?? null,
    keepHourly: input.keepHourly ?? null,
    keepDaily: input.keepDaily ?? null,
    keepWeekly: input.keepWeekly ?? null,
    keepMonthly: input.keepMonthly ?? null,
    keepWithinMs: within == null ? null : within * 3_600_000,
    timeZone,
    maxBytesPerMachine: input.maxBytesPerMachine ?? null,
    maxBytes: input.maxBytes ?? null,
    freeOnPressure,
  };
}

function scopeOf({ all, machines, scheduleId }: typeof ScopeInput.$inferInput): PolicyScope {
  if (machines != null) return { kind: 'MACHINES', names: machines };
  if (scheduleId != null) return { kind: 'SCHEDULE', scheduleId };
  if (all === true) return { kind: 'ALL' };
  throw new MemoirError('BAD_INPUT', '`all` can only be true: name `machines` or a `scheduleId` otherwise');
}

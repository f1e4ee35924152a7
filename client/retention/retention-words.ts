import type { RetentionPolicyFieldsFragment, RetentionReason } from '../api/generated/graphql.ts';
import { formatBytes } from '../format/bytes.ts';
import { plainText } from '../format/plain-text.ts';

/** The rules of a policy that count, as its form and its row call them. */
export const rules = {
  keepLast: 'Last',
  keepHourly: 'Hourly',
  keepDaily: 'Daily',
  keepWeekly: 'Weekly',
  keepMonthly: 'Monthly',
} as const;
export type Rule = keyof typeof rules;
export const allRules = Object.keys(rules) as Rule[];

export function rulesOf(policy: RetentionPolicyFieldsFragment): string {
  const kept = allRules.flatMap((rule) =>
    policy[rule] == null ? [] : [`${rules[rule].toLowerCase()} ${policy[rule]}`],
  );
  if (policy.keepWithinHours != null) kept.push(`all of ${policy.keepWithinHours} hours`);
  if (policy.maxBytesPerMachine != null) kept.push(`at most ${formatBytes(policy.maxBytesPerMachine)} of each machine`);
  if (policy.maxBytes != null) kept.push(`at most ${formatBytes(policy.maxBytes)}`);
  if (policy.freeOnPressure) kept.push('the oldest are removed when space is short');
  return kept.length === 0 ? 'Everything' : kept.join(', ');
}

/** Whose artifacts a policy is about. */
export function scopeOf({ scope }: RetentionPolicyFieldsFragment): string {
  if (scope.machines != null) return scope.machines.map(plainText).join(', ');
  return scope.scheduleId == null ? 'All others' : 'Made by a schedule';
}

const reasons: Readonly<Record<RetentionReason, string>> = {
  LAST_GOOD: 'last good one',
  HELD: 'held',
  OPEN: 'being downloaded or read',
  VERIFYING: 'being verified',
  NO_POLICY: 'no policy',
  NO_RULES: 'its policy removes nothing',
  KEEP_LAST: 'among the last',
  KEEP_HOURLY: 'newest of an hour',
  KEEP_DAILY: 'newest of a day',
  KEEP_WEEKLY: 'newest of a week',
  KEEP_MONTHLY: 'newest of a month',
  KEEP_WITHIN: 'recent',
  DAMAGED: 'damaged, but the newest there is',
  RULES: 'no rule keeps it',
  BYTES_PER_MACHINE: 'its machine has too many bytes',
  BYTES: 'too many bytes in all',
  PRESSURE: 'space is short',
};

/** Why something stays or goes, as one phrase with a capital. */
export function reasonsText(of: readonly RetentionReason[]): string {
  const text = of.map((reason) => reasons[reason]).join(', ');
  return text === '' ? '–' : text.charAt(0).toUpperCase() + text.slice(1);
}

export const kindLabels = { DUMP: 'Dump', HEAP: 'Heap snapshots' } as const;

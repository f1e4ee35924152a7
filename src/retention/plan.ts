import { bucketsOf } from './buckets.ts';
import type { RetainedItem, RetentionReason, Verdict } from './item.ts';
import type { RetentionPolicy } from './policy.ts';

/**
 * What stays and what goes, as restic decides it: a pure function of artifacts and policies. No clock comes into it: ages
 * are counted from the newest artifact of a machine, so a clock that is wrong today removes nothing today.
 *
 * An artifact belongs to one policy: that of its schedule, or else one that names its machine, or else one for all. Damaged ones take
 * no intact one's place, and go when they are older than every intact one that stays.
 */
export function planRetention(
  items: readonly RetainedItem[],
  policies: readonly RetentionPolicy[],
): readonly Verdict[] {
  const newestFirst = [...items].sort(byAge).reverse();
  const lastGood = new Set<RetainedItem>();
  for (const [, of] of Map.groupBy(
    newestFirst.filter(({ intact }) => intact),
    groupOf,
  ))
    lastGood.add(of[0] as RetainedItem);

  const ordered = [...policies].sort(bySpecificity);
  const verdicts = new Map<RetainedItem, Verdict>();
  const governed = Map.groupBy(newestFirst, (item) => policyOf(item, ordered));
  for (const [policy, of] of governed) {
    if (policy === null) {
      for (const item of of) verdicts.set(item, { item, goes: false, policyId: null, reasons: ['NO_POLICY'] });
      continue;
    }
    for (const verdict of govern(of, policy, lastGood)) verdicts.set(verdict.item, verdict);
  }
  return [...items].sort(byAge).map((item) => verdicts.get(item) as Verdict);
}

/**
 * The oldest that may go so that so many bytes become free, whatever the rules say, where the policy allows it; none if all of them
 * together would not suffice.
 */
export function planPressure(
  items: readonly RetainedItem[],
  policies: readonly RetentionPolicy[],
  neededBytes: number,
): readonly Verdict[] {
  const allowed = new Set(policies.filter(({ spec }) => spec.freeOnPressure).map(({ id }) => id));
  const going: Verdict[] = [];
  let freed = 0;
  for (const verdict of planRetention(items, policies)) {
    if (freed >= neededBytes) break;
    const { policyId, reasons } = verdict;
    if (policyId === null || !allowed.has(policyId) || reasons.some(isProtection)) continue;
    going.push({ ...verdict, goes: true, reasons: verdict.goes ? reasons : ['PRESSURE'] });
    freed += verdict.item.sizeBytes;
  }
  return freed >= neededBytes ? going : [];
}

const protections: readonly RetentionReason[] = ['LAST_GOOD', 'HELD', 'OPEN', 'VERIFYING'];
export const isProtection = (reason: RetentionReason): boolean => protections.includes(reason);

/** Oldest first; of the same moment by id. */
export function byAge(one: RetainedItem, other: RetainedItem): number {
  return one.createdMs - other.createdMs || (one.id < other.id ? -1 : one.id > other.id ? 1 : 0);
}

const groupOf = ({ kind, machineId }: RetainedItem): string => `${kind}\0${machineId}`;
const ranks = { SCHEDULE: 0, MACHINES: 1, ALL: 2 } as const;

function bySpecificity({ spec: one }: RetentionPolicy, { spec: other }: RetentionPolicy): number {
  return ranks[one.scope.kind] - ranks[other.scope.kind] || (one.name < other.name ? -1 : 1);
}

function policyOf(item: RetainedItem, ordered: readonly RetentionPolicy[]): RetentionPolicy | null {
  return ordered.find(({ spec }) => spec.artifacts.includes(item.kind) && isInScope(item, spec.scope)) ?? null;
}

function isInScope(
  { machineId, machineName, scheduleId }: RetainedItem,
  scope: RetentionPolicy['spec']['scope'],
): boolean {
  switch (scope.kind) {
    case 'ALL':
      return true;
    case 'MACHINES':
      return scope.names.includes(machineId) || scope.names.includes(machineName);
    case 'SCHEDULE':
      return scope.scheduleId === scheduleId;
    default:
      return scope satisfies never;
  }
}

/** What one policy says of its artifacts, which come newest first. */
function govern(
  items: readonly RetainedItem[],
  policy: RetentionPolicy,
  lastGood: ReadonlySet<RetainedItem>,
): readonly Verdict[] {
  const reasons = new Map<RetainedItem, RetentionReason[]>();
  for (const [, group] of Map.groupBy(items, groupOf)) {
    for (const [item, why] of keptByRules(group, policy)) reasons.set(item, why);
  }
  const protectedBy = (item: RetainedItem): RetentionReason[] => [
    ...(lastGood.has(item) ? (['LAST_GOOD'] as const) : []),
    ...(item.held ? (['HELD'] as const) : []),
    ...(item.open ? (['OPEN'] as const) : []),
    ...(item.verifying ? (['VERIFYING'] as const) : []),
  ];
  const verdicts = items.map((item): Verdict => {
    const why = [...protectedBy(item), ...(reasons.get(item) ?? [])];
    return { item, goes: why.length === 0, policyId: policy.id, reasons: why.length === 0 ? ['RULES'] : why };
  });
  const { maxBytesPerMachine, maxBytes } = policy.spec;
  const ofMachines = [...Map.groupBy(verdicts, ({ item }) => item.machineId).values()].flatMap((of) =>
    limited(of, maxBytesPerMachine, 'BYTES_PER_MACHINE'),
  );
  return limited(
    ofMachines.sort((one, other) => byAge(other.item, one.item)),
    maxBytes,
    'BYTES',
  );
}

/** Those that stay, with the rules that keep each. */
function keptByRules(
  group: readonly RetainedItem[],
  { spec }: RetentionPolicy,
): ReadonlyMap<RetainedItem, RetentionReason[]> {
  const kept = new Map<RetainedItem, RetentionReason[]>();
  const say = (item: RetainedItem, reason: RetentionReason) => kept.set(item, [...(kept.get(item) ?? []), reason]);
  const { keepLast, keepHourly, keepDaily, keepWeekly, keepMonthly, keepWithinMs, timeZone } = spec;
  const intact = group.filter((item) => item.intact);
  if ([keepLast, keepHourly, keepDaily, keepWeekly, keepMonthly, keepWithinMs].every((rule) => rule === null)) {
    for (const item of group) say(item, 'NO_RULES');
    return kept;
  }
  for (const item of intact.slice(0, keepLast ?? 0)) say(item, 'KEEP_LAST');
  const buckets = bucketsOf(timeZone);
  const perBucket = (count: number | null, bucketOf: (ms: number) => string, reason: RetentionReason) => {
    if (count === null) return;
    const newest = new Map<string, RetainedItem>();
    for (const item of intact) {
      const bucket = bucketOf(item.createdMs);
      if (newest.size === count && !newest.has(bucket)) break;
      if (!newest.has(bucket)) newest.set(bucket, item);
    }
    for (const item of newest.values()) say(item, reason);
  };
  perBucket(keepHourly, buckets.hour, 'KEEP_HOURLY');
  perBucket(keepDaily, buckets.day, 'KEEP_DAILY');
  perBucket(keepWeekly, buckets.week, 'KEEP_WEEKLY');
  perBucket(keepMonthly, buckets.month, 'KEEP_MONTHLY');
  const newest = intact[0];
  if (keepWithinMs !== null && newest !== undefined) {
    for (const item of group) if (item.createdMs >= newest.createdMs - keepWithinMs) say(item, 'KEEP_WITHIN');
  }
  const oldest = intact.findLast((item) => kept.has(item));
  for (const item of group) {
    if (!item.intact && !kept.has(item) && (oldest === undefined || byAge(item, oldest) > 0)) say(item, 'DAMAGED');
  }
  return kept;
}

/** Lets the oldest go, which stand last, until no more than so many bytes stay. */
function limited(verdicts: readonly Verdict[], maxBytes: number | null, reason: RetentionReason): Verdict[] {
  if (maxBytes === null) return [...verdicts];
  let bytes = verdicts.reduce((sum, { goes, item }) => sum + (goes ? 0 : item.sizeBytes), 0);
  return verdicts
    .toReversed()
    .map((verdict): Verdict => {
      if (bytes <= maxBytes || verdict.goes || verdict.reasons.some(isProtection)) return verdict;
      bytes -= verdict.item.sizeBytes;
      return { ...verdict, goes: true, reasons: [reason] };
    })
    .toReversed();
}

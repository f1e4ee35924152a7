import type { RetainedItem } from '../../src/retention/item.ts';
import type { PolicySpec, RetentionPolicy } from '../../src/retention/policy.ts';

// Retention once more, as a person would do it by hand: slowly, one artifact after the other, without the product's words. In UTC.

const older = (one: RetainedItem, other: RetainedItem) =>
  one.createdMs !== other.createdMs ? one.createdMs < other.createdMs : one.id < other.id;

const sameMachine = (one: RetainedItem, other: RetainedItem) =>
  one.kind === other.kind && one.machineId === other.machineId;

function policyOf(item: RetainedItem, policies: readonly RetentionPolicy[]): RetentionPolicy | undefined {
  const applies = policies.filter(({ spec }) => spec.artifacts.includes(item.kind));
  const of = (test: (scope: PolicySpec['scope']) => boolean) =>
    applies.filter(({ spec }) => test(spec.scope)).sort((a, b) => a.spec.name.localeCompare(b.spec.name))[0];
  return (
    of((scope) => scope.kind === 'SCHEDULE' && scope.scheduleId === item.scheduleId) ??
    of(
      (scope) =>
        scope.kind === 'MACHINES' && scope.names.some((name) => name === item.machineId || name === item.machineName),
    ) ??
    of((scope) => scope.kind === 'ALL')
  );
}

const period = (ms: number, unit: 'hour' | 'day' | 'week' | 'month'): number => {
  const date = new Date(ms);
  if (unit === 'hour') return Math.floor(ms / 3_600_000);
  if (unit === 'day') return Math.floor(ms / 86_400_000);
  // The first of January 1970 was a Thursday.
  if (unit === 'week') return Math.floor((ms / 86_400_000 + 3) / 7);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
};

/** Whether its policy's rules keep it, looking at its own machine's artifacts of the same policy. */
function isKept(item: RetainedItem, peers: readonly RetainedItem[], spec: PolicySpec): boolean {
  const rules = [spec.keepLast, spec.keepHourly, spec.keepDaily, spec.keepWeekly, spec.keepMonthly, spec.keepWithinMs];
  if (rules.every((rule) => rule === null)) return true;
  const intact = peers.filter((peer) => peer.intact);
  const newest = intact.find((one) => intact.every((other) => other === one || older(other, one)));
  if (spec.keepWithinMs !== null && newest !== undefined && item.createdMs >= newest.createdMs - spec.keepWithinMs)
    return true;
  if (!item.intact) {
    const kept = intact.filter((peer) => isKept(peer, peers, spec));
    return kept.length === 0 || kept.some((peer) => older(peer, item));
  }
  const newer = intact.filter((peer) => peer !== item && older(item, peer));
  if (spec.keepLast !== null && newer.length < spec.keepLast) return true;
  const units = [
    ['hour', spec.keepHourly],
    ['day', spec.keepDaily],
    ['week', spec.keepWeekly],
    ['month', spec.keepMonthly],
  ] as const;
  return units.some(([unit, count]) => {
    if (count === null) return false;
    const mine = period(item.createdMs, unit);
    const periods = newer.map((peer) => period(peer.createdMs, unit));
    return !periods.includes(mine) && new Set(periods).size < count;
  });
}

export function goingByModel(items: readonly RetainedItem[], policies: readonly RetentionPolicy[]): readonly string[] {
  const gone = new Set<RetainedItem>();
  const isProtected = (item: RetainedItem) =>
    item.held ||
    item.open ||
    item.verifying ||
    (item.intact && !items.some((other) => other.intact && sameMachine(other, item) && older(item, other)));
  for (const item of items) {
    const policy = policyOf(item, policies);
    if (policy === undefined || isProtected(item)) continue;
    const peers = items.filter((peer) => sameMachine(peer, item) && policyOf(peer, policies) === policy);
    if (!isKept(item, peers, policy.spec)) gone.add(item);
  }
  const shrink = (of: readonly RetainedItem[], limit: number | null) => {
    if (limit === null) return;
    for (;;) {
      const staying = of.filter((item) => !gone.has(item));
      const bytes = staying.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      const free = staying.filter((item) => !isProtected(item));
      const oldest = free.find((one) => free.every((other) => other === one || older(one, other)));
      if (bytes <= limit || oldest === undefined) return;
      gone.add(oldest);
    }
  };
  for (const policy of policies) {
    const governed = items.filter((item) => policyOf(item, policies) === policy);
    for (const machine of new Set(governed.map(({ machineId }) => machineId))) {
      shrink(
        governed.filter(({ machineId }) => machineId === machine),
        policy.spec.maxBytesPerMachine,
      );
    }
    shrink(governed, policy.spec.maxBytes);
  }
  return [...gone].map(({ id }) => id).sort();
}

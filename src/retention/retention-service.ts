import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { pause } from '../async/pause.ts';
import { isMemoirError, MemoirError, toErrorShape } from '../domain/memoir-error.ts';
import type { Dumps } from '../dumps/dumps.ts';
import type { Heaps } from '../heaps/heaps.ts';
import type { Hold } from '../records/holds.ts';
import { ClockGuard } from './clock-guard.ts';
import { type InventoryParts, takeInventory } from './inventory.ts';
import { type RetainedItem, retentionReasons, type Verdict } from './item.ts';
import { planPressure, planRetention } from './plan.ts';
import { type PolicySpec, policySpec, type RetentionPolicy } from './policy.ts';
import type { Retention, RetentionPreview } from './retention.ts';
import type { RetentionRun, RetentionStore } from './retention-store.ts';

export interface RetentionParts extends Omit<InventoryParts, 'heaps'> {
  readonly store: RetentionStore;
  readonly dumps: Pick<Dumps, 'remove'>;
  readonly heaps: Pick<Heaps, 'sessions' | 'capturesOf' | 'remove'>;
  readonly createId: () => string;
  /** BAD_INPUT for a time zone that there is not. */
  readonly checkTimeZone: (timeZone: string) => void;
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
  readonly now?: () => number;
  readonly elapsedMs?: () => number;
  /** How long after the start the first look is, and how far apart they are. */
  readonly times?: { readonly firstMs: number; readonly everyMs: number };
}

const maxReason = 500;
const maxRuns = 100;
const maxPolicies = 200;

/** Opens the front door, and looks every hour for what may go. */
export async function createRetention(parts: RetentionParts): Promise<Retention> {
  const { store, holds, dumps, heaps, createId, log } = parts;
  const now = parts.now ?? Date.now;
  const elapsedMs = parts.elapsedMs ?? (() => performance.now());
  const { firstMs, everyMs } = parts.times ?? { firstMs: 60_000, everyMs: 3_600_000 };
  const guard = new ClockGuard({ now, elapsedMs, lastSeenMs: await store.lastSeenMs() });
  const closing = new AbortController();
  const listeners = new Set<() => void>();
  /** One run at a time: two would argue about the last ones. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  };

  function check(spec: PolicySpec): PolicySpec {
    const parsed = policySpec.safeParse(spec);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new MemoirError('BAD_INPUT', `${issue?.path.join('.') || 'the policy'}: ${issue?.message}`);
    }
    parts.checkTimeZone(parsed.data.timeZone);
    return parsed.data;
  }

  const warn = (items: readonly RetainedItem[]) =>
    guard.warning(items.length === 0 ? null : items.reduce((newest, { createdMs }) => Math.max(newest, createdMs), 0));

  async function decide(policies: readonly RetentionPolicy[]): Promise<RetentionPreview> {
    const items = await takeInventory(parts);
    const verdicts = planRetention(items, policies);
    return { verdicts, fingerprint: fingerprintOf(verdicts), warning: warn(items) };
  }

  /** Removes what goes; each by its own front door, which marks the record first and finishes what a dead server began. */
  async function carryOut(
    going: readonly Verdict[],
    policies: readonly RetentionPolicy[],
    actor: string,
    warning: string | null,
  ): Promise<RetentionRun> {
    const names = new Map(policies.map(({ id, spec }) => [id, spec.name]));
    let [removed, freedBytes, failed] = [0, 0, 0];
    let problem = warning;
    for (const { item, policyId, reasons } of going) {
      if (closing.signal.aborted) break;
      const by = `retention:${names.get(policyId ?? '') ?? 'removed policy'}`;
      try {
        if (await isProtectedNow(item)) continue;
        const why = reasons.map((reason) => retentionReasons[reason].description).join(' ');
        if (item.kind === 'DUMP') await dumps.remove(item.id, `${by} (${why})`);
        else await removeHeaps(item.id);
        removed++;
        freedBytes += item.sizeBytes;
      } catch (error) {
        // Gone, held or in use meanwhile: somebody else's deed, and no failure of this one.
        if (
          isMemoirError(error, 'ARTIFACT_MISSING') ||
          isMemoirError(error, 'HELD') ||
          isMemoirError(error, 'ALREADY_ACTIVE')
        )
          continue;
        failed++;
        problem ??= toErrorShape(error).message;
      }
      await breathe();
    }
    const run = { atMs: now(), actor, removed, freedBytes, failed, warning: problem };
    if (removed > 0 || failed > 0 || problem !== null) {
      await store.addRun(run);
      for (const listener of listeners) listener();
    }
    if (removed > 0) log.info({ removed, freedBytes, actor }, 'retention removed artifacts that no rule keeps');
    if (problem !== null) log.warn({ warning: problem }, 'retention could not remove everything that its policies say');
    return { seq: 0, ...run };
  }

  /** The plan may be minutes old by the time its last one comes. */
  async function isProtectedNow({ kind, id }: RetainedItem): Promise<boolean> {
    const [hold] = await holds.get(kind, [id]);
    return hold != null;
  }

  async function removeHeaps(sessionId: string): Promise<void> {
    for (const { id } of await heaps.capturesOf(sessionId)) await heaps.remove(id);
  }

  async function runOnce(actor: string, fingerprint: string | null): Promise<RetentionRun> {
    const policies = await store.list();
    const preview = await decide(policies);
    if (fingerprint !== null && fingerprint !== preview.fingerprint)
      throw new MemoirError('RETENTION_CHANGED', 'the preview is out of date');
    const going = preview.warning === null ? preview.verdicts.filter(({ goes }) => goes) : [];
    const run = await carryOut(going, policies, actor, preview.warning);
    await store.seen(now());
    return run;
  }

  const running = (async () => {
    await pause(firstMs, closing.signal);
    while (!closing.signal.aborted) {
      await inTurn(() => runOnce('retention', null)).catch((error: unknown) => {
        log.warn({ error: toErrorShape(error) }, 'retention could not look for artifacts to remove');
      });
      await pause(everyMs, closing.signal);
    }
  })();

  async function refuseUnknown(kind: Hold['kind'], id: string): Promise<void> {
    const items = await takeInventory(parts);
    if (!items.some((item) => item.kind === kind && item.id === id))
      throw new MemoirError('NOT_FOUND', `there is no ${kind === 'DUMP' ? 'dump' : 'heap session'} ${id} to hold`);
  }

  return {
    policies: store.list,
    async save(id, spec) {
      const checked = check(spec);
      const known = await store.list();
      if (id !== null && !known.some((policy) => policy.id === id)) throw noPolicy(id);
      if (id === null && known.length >= maxPolicies)
        throw new MemoirError('BAD_INPUT', `there are at most ${maxPolicies} policies`);
      return store.save(id ?? createId(), checked, now());
    },
    async remove(id) {
      const removed = await store.remove(id);
      if (removed === null) throw noPolicy(id);
      return removed;
    },
    async preview(drafts) {
      if (drafts === undefined) return decide(await store.list());
      return decide(drafts.map((spec, index) => ({ id: `draft-${index}`, spec: check(spec), updatedAtMs: now() })));
    },
    run: (actor, fingerprint) => inTurn(() => runOnce(actor, fingerprint)),
    runs: (limit) => store.runs(Math.max(0, Math.min(maxRuns, limit))),
    watch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    makeRoom: (neededBytes) =>
      inTurn(async () => {
        const policies = await store.list();
        if (!policies.some(({ spec }) => spec.freeOnPressure)) return 0;
        const items = await takeInventory(parts);
        const warning = warn(items);
        const going = warning === null ? planPressure(items, policies, neededBytes) : [];
        if (going.length === 0) return 0;
        const { freedBytes } = await carryOut(going, policies, 'space', warning);
        return freedBytes;
      }),
    async hold(kind, id, reason, actor) {
      if (reason.trim() === '' || reason.length > maxReason)
        throw new MemoirError('BAD_INPUT', `a hold needs a reason of 1 to ${maxReason} characters`);
      await refuseUnknown(kind, id);
      const hold: Hold = { kind, id, reason, actor, atMs: now() };
      await holds.hold(hold);
      return hold;
    },
    async release(kind, id) {
      const released = await holds.release(kind, id);
      if (released === null) throw new MemoirError('NOT_FOUND', `${id} is not held`);
      return released;
    },
    holdsOf: holds.get,
    holds: holds.list,
    async close() {
      closing.abort();
      await running;
      await turn;
    },
  };
}

const noPolicy = (id: string) => new MemoirError('NOT_FOUND', `there is no retention policy ${id}`);

/** The same for the same artifacts going, whatever else there is. */
function fingerprintOf(verdicts: readonly Verdict[]): string {
  const hash = createHash('sha256');
  for (const { item, goes } of verdicts) if (goes) hash.update(`${item.kind}:${item.id}\n`);
  return hash.digest('hex').slice(0, 32);
}

import { setImmediate as breathe } from 'node:timers/promises';
import { pause } from '../async/pause.ts';
import type { Closable } from '../domain/closable.ts';
import { toErrorShape } from '../domain/memoir-error.ts';
import { isTerminal } from '../domain/operation-state.ts';
import type { Journal } from './journal.ts';
import type { Operation } from './operation.ts';
import type { OperationKind } from './operation-kind.ts';
import type { OperationsLog } from './operations-log.ts';

interface RetentionParts {
  readonly journal: Pick<Journal, 'pruneEvents' | 'acceptedBefore' | 'forget'>;
  readonly kinds: ReadonlyMap<string, OperationKind>;
  readonly log: OperationsLog;
  readonly retentionMs: number | null;
  /** A time of day that does not jump: a clock that was set forward by mistake must forget nothing. */
  readonly clock: () => number;
  /** Events before this number are no longer there. */
  pruned(first: number): void;
  readonly times?: RetentionTimes;
}

interface RetentionTimes {
  /** The start belongs to those who wait for an answer. */
  readonly firstMs: number;
  readonly everyMs: number;
}

const defaultTimes: RetentionTimes = { firstMs: 60_000, everyMs: 3_600_000 };
/** What one transaction forgets: the writing thread is free again after some milliseconds. */
const batchSize = { events: 500, operations: 100 };

/** Forgets what is older than the retention, a little at a time, as long as the server runs. */
export function startRetention(parts: RetentionParts): Closable {
  const { retentionMs, clock, log, times = defaultTimes } = parts;
  const closing = new AbortController();
  const { signal } = closing;
  const running = (async () => {
    if (retentionMs === null) return;
    await pause(times.firstMs, signal);
    while (!signal.aborted) {
      const beforeMs = clock() - retentionMs;
      await forgetBefore(beforeMs, parts, signal).catch((error: unknown) => {
        log.error(
          { error: toErrorShape(error) },
          'operations and events beyond JOURNAL_RETENTION could not be deleted',
        );
      });
      await pause(times.everyMs, signal);
    }
  })();
  return {
    async close() {
      closing.abort();
      await running;
    },
  };
}

async function forgetBefore(beforeMs: number, parts: RetentionParts, signal: AbortSignal): Promise<void> {
  const { journal, pruned } = parts;
  for (let removed = batchSize.events; removed === batchSize.events && !signal.aborted; ) {
    const answer = await journal.pruneEvents(beforeMs, batchSize.events);
    removed = answer.removed;
    if (removed > 0) pruned(answer.first);
    await breathe();
  }
  let afterId = '';
  while (!signal.aborted) {
    const operations = await journal.acceptedBefore(beforeMs, afterId, batchSize.operations);
    const old = operations.filter(({ state, finishedAtMs }) => isTerminal(state) && (finishedAtMs ?? 0) < beforeMs);
    const kept = await keptOf(old, parts.kinds);
    const ids = old.filter(({ id }) => !kept.has(id)).map(({ id }) => id);
    if (ids.length > 0) await journal.forget(ids);
    const last = operations.at(-1);
    if (last === undefined || operations.length < batchSize.operations) return;
    afterId = last.id;
    await breathe();
  }
}

async function keptOf(old: readonly Operation[], kinds: RetentionParts['kinds']): Promise<ReadonlySet<string>> {
  const kept = new Set<string>();
  for (const [name, operations] of Map.groupBy(old, ({ kind }) => kind)) {
    for (const id of (await kinds.get(name)?.keeps?.(operations)) ?? []) kept.add(id);
  }
  return kept;
}

import { Wake } from '../async/wake.ts';
import { MemoirError, toErrorShape } from '../domain/memoir-error.ts';
import { isTerminal } from '../domain/operation-state.ts';
import type { Operations } from '../operations/operations.ts';
import { DueTimes } from './due-times.ts';
import type { Launcher } from './launcher.ts';
import { dayMs, type Schedule, type ScheduleSpec, scheduleSpec, type Timing } from './schedule.ts';
import { ScheduleClockwork } from './schedule-clockwork.ts';
import type { ScheduleStore } from './schedule-store.ts';
import type { ScheduleDraft, Schedules, TimingDraft } from './schedules.ts';

export interface ScheduleServiceParts {
  readonly store: ScheduleStore;
  readonly launcher: Launcher;
  readonly operations: Pick<Operations, 'get' | 'watchEvents' | 'bounds'>;
  readonly createId: () => string;
  /** Read each time: it may change while the server runs. */
  readonly maxParallel: number;
  readonly log: { error(fields: object, message: string): void };
  readonly now?: () => number;
}

/** A clock that was set is noticed after so long. */
const longestSleepMs = 15_000;
const maxUpcoming = 100;
const maxRuns = 1_000;
/** How long runs are kept, and how often older ones are forgotten. */
const keptMs = 400 * dayMs;
const pruneEveryMs = 3_600_000;

/** Opens the front door and starts the clockwork behind it. */
export function createSchedules(parts: ScheduleServiceParts): Schedules {
  const { store, launcher, operations, createId, log } = parts;
  const now = parts.now ?? Date.now;
  const dueTimes = new DueTimes();
  const clockwork = new ScheduleClockwork({
    store,
    launcher,
    operations,
    dueTimes,
    now,
    get maxParallel() {
      return parts.maxParallel;
    },
  });
  const wake = new Wake();
  const closing = new AbortController();
  const listeners = new Set<() => void>();
  let lastPruneMs = performance.now();

  const check = ({ timing: draft, ...rest }: ScheduleDraft): ScheduleSpec => {
    const timing = toTiming(draft, now());
    const parsed = scheduleSpec.safeParse({ ...rest, timing });
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new MemoirError('BAD_INPUT', `${issue?.path.join('.') || 'the schedule'}: ${issue?.message}`);
    }
    dueTimes.check(parsed.data.timing, now());
    return parsed.data;
  };

  async function find(id: string): Promise<Schedule> {
    const schedule = await store.get(id);
    if (schedule === null) throw new MemoirError('NOT_FOUND', `there is no schedule ${id}`);
    return schedule;
  }

  async function setPaused(id: string, paused: boolean): Promise<Schedule> {
    const { spec } = await find(id);
    const changed = await store.setPaused(id, paused, dueTimes.next(spec.timing, now()), now());
    wake.knock();
    return changed;
  }

  async function prune(): Promise<void> {
    if (performance.now() - lastPruneMs < pruneEveryMs) return;
    lastPruneMs = performance.now();
    await store.prune(now() - keptMs);
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      let sleepMs = longestSleepMs;
      try {
        const next = await clockwork.tick(closing.signal);
        if (next !== null) sleepMs = Math.min(sleepMs, Math.max(0, next - now()));
        await prune();
        for (const listener of listeners) listener();
      } catch (error) {
        log.error({ error: toErrorShape(error) }, 'schedules could not be processed; retrying');
      }
      const timer = setTimeout(() => wake.knock(), sleepMs);
      await wake.wait();
      clearTimeout(timer);
    }
  }

  /** Where one operation ends there is room for the next. */
  const ended = (async () => {
    const { last } = await operations.bounds();
    const events = operations.watchEvents(last);
    closing.signal.addEventListener('abort', () => void events.return?.(), { once: true });
    if (closing.signal.aborted) return;
    for await (const item of events) {
      if (item.type === 'LAGGED' || isTerminal(item.event.state)) wake.knock();
    }
  })().catch((error: unknown) => {
    if (!closing.signal.aborted)
      log.error({ error: toErrorShape(error) }, 'schedules no longer receive the ends of operations');
  });
  const running = run();

  return {
    async create(draft, actor) {
      const spec = check(draft);
      const atMs = now();
      const nextDueMs = dueTimes.next(spec.timing, atMs);
      const times = { cursorMs: atMs, nextDueMs, createdAtMs: atMs, updatedAtMs: atMs };
      const schedule = await store.create({ id: createId(), spec, paused: false, actor, ...times });
      wake.knock();
      return schedule;
    },
    async change(id, draft) {
      const spec = check(draft);
      const changed = await store.change(id, spec, dueTimes.next(spec.timing, now()), now());
      wake.knock();
      return changed;
    },
    pause: (id) => setPaused(id, true),
    resume: (id) => setPaused(id, false),
    async remove(id) {
      const schedule = await find(id);
      if (!(await store.remove(id))) throw new MemoirError('NOT_FOUND', `there is no schedule ${id}`);
      return schedule;
    },
    get: store.get,
    list: store.list,
    runs: (id, limit) => store.runs(id, Math.min(maxRuns, limit)),
    upcoming(draft, count) {
      const timing = toTiming(draft, now());
      dueTimes.check(timing, now());
      return dueTimes.upcoming(timing, now(), Math.min(maxUpcoming, count));
    },
    events: store.events,
    newestEvent: store.newestEvent,
    watch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      closing.abort();
      wake.knock();
      await running;
      await ended;
    },
  };
}

function toTiming(draft: TimingDraft, nowMs: number): Timing {
  return draft.kind === 'CRON' ? draft : { ...draft, anchorMs: draft.anchorMs ?? nowMs };
}

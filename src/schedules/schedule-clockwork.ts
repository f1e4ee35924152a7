import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { MemoirError, toErrorShape } from '../domain/memoir-error.ts';
import { isTerminal } from '../domain/operation-state.ts';
import type { Operation } from '../operations/operation.ts';
import type { Operations } from '../operations/operations.ts';
import type { DueTimes } from './due-times.ts';
import type { Launcher, LaunchOutcome } from './launcher.ts';
import { classify } from './missed.ts';
import type { NewScheduleEvent, Shot } from './run.ts';
import { maxCatchUp, type Schedule } from './schedule.ts';
import type { DueEntry, OpenDue, ScheduleStore, ShotStep, WaitingShot } from './schedule-store.ts';
import { type Candidate, choose } from './selection.ts';
import { spreadOf } from './spread.ts';

export interface ClockworkParts {
  readonly store: ScheduleStore;
  readonly dueTimes: DueTimes;
  readonly launcher: Launcher;
  readonly operations: Pick<Operations, 'get'>;
  /** Dumps of schedules at work at once: what people ask for meanwhile finds no long queue. */
  readonly maxParallel: number;
  /** Epoch milliseconds, as clocks on the wall show them. */
  readonly now: () => number;
}

/** Schedules that are journaled in one transaction, and due times that are planned in one go. */
const batchSize = 250;
/** Expressions that are calculated before others get their turn: about 5 ms. */
const breathEvery = 10;
const consideredShots = 2_000;
/** How long something may be in the way of a shot. */
const patienceMs = 6 * 3_600_000;
/** A key is remembered for seven days: behind that a repetition would not be recognised. */
const tooOldMs = 6 * 86_400_000;
const retryMs = 10_000;
/** A pair of snapshots waits for most of its time, and takes no place from dumps. */
const maxHeapPairs = 64;

/**
 * What schedules do when their time comes: journal, choose machines, start operations, see how they end. Each step is a transaction on
 * rows that are named by what they are about, and the start of an operation has a key of the same name: a server that dies
 * anywhere in between does the step again, and nothing comes of it twice.
 *
 * The clock is the one on the wall. Set forward, it makes due times pass that count as missed; set back again, those of
 * them that did not run come again, and those that did run do not.
 */
export class ScheduleClockwork {
  readonly #parts: ClockworkParts;
  /** Shots that something is in the way of, and when they are tried again. */
  #blocked = new Map<string, number>();
  #candidates = new Map<string, Promise<readonly Candidate[]>>();

  constructor(parts: ClockworkParts) {
    this.#parts = parts;
  }

  /** Does what there is to do now; answers when there is more by the clock alone, null for never. Not to be called twice at once. */
  async tick(signal?: AbortSignal): Promise<number | null> {
    const { store, now } = this.#parts;
    this.#candidates = new Map();
    await this.#journal(signal);
    await this.#plan(signal);
    const atWork = await this.#settle();
    await this.#fire(atWork, signal);
    const next = await store.nextMoment(now());
    const retry = Math.min(...this.#blocked.values());
    return next === null && retry === Number.POSITIVE_INFINITY ? null : Math.min(next ?? retry, retry);
  }

  async #journal(signal?: AbortSignal): Promise<void> {
    const { store, now } = this.#parts;
    while (signal?.aborted !== true) {
      const nowMs = now();
      const schedules = await store.due(nowMs, batchSize);
      if (schedules.length === 0) return;
      const entries: DueEntry[] = [];
      for (const [index, schedule] of schedules.entries()) {
        entries.push(this.#entry(schedule, nowMs));
        if (index % breathEvery === 0) await breathe();
      }
      await store.journalDue(entries, nowMs);
    }
  }

  #entry(schedule: Schedule, nowMs: number): DueEntry {
    const { dueTimes } = this.#parts;
    const { id: scheduleId, version, spec, cursorMs } = schedule;
    const nextDueMs = dueTimes.next(spec.timing, nowMs);
    const base = { scheduleId, version, cursorMs: nowMs, nextDueMs };
    // The clock was set back: what is behind it comes again, and is known where it was done.
    if (cursorMs > nowMs) return { ...base, dues: [], event: null };
    const { times, more } = dueTimes.between(spec.timing, cursorMs, nowMs, maxCatchUp + 1);
    const dues = classify(spec, times, nowMs);
    const skipped = dues.filter(({ state }) => state === 'SKIPPED').length;
    const missed = dues.filter((due) => due.missed);
    const first = missed[0];
    if (first === undefined) return { ...base, dues, event: null };
    const count = `${more ? 'more than ' : ''}${missed.length} due time${missed.length === 1 ? ' was' : 's were'} missed`;
    const message = `${count}; ${missed.length - skipped} of them run${missed.length - skipped === 1 ? 's' : ''} now`;
    return { ...base, dues, event: eventOf(schedule, 'MISSED', first.dueMs, nowMs, message) };
  }

  async #plan(signal?: AbortSignal): Promise<void> {
    const { store } = this.#parts;
    while (signal?.aborted !== true) {
      const open = await store.open(batchSize);
      let planned = 0;
      for (const one of open) if (await this.#planOne(one)) planned++;
      if (planned === 0) return;
    }
  }

  async #planOne({ due, schedule }: OpenDue): Promise<boolean> {
    const { store, now } = this.#parts;
    const { machines, work, spreadMs, missed, maxCaughtUp } = schedule.spec;
    const nowMs = now();
    let problem = 'no machine that is running matches the selection';
    let candidates: readonly Candidate[] = [];
    try {
      candidates = await this.#candidatesOf(work.kind);
    } catch (error) {
      problem = toErrorShape(error).message;
      if (nowMs - due.journaledAtMs < patienceMs) return false;
    }
    const from = Math.max(due.dueMs, due.missed ? due.journaledAtMs : 0);
    const shots = candidates.length === 0 ? [] : choose(machines, candidates);
    const event = shots.length === 0 ? eventOf(schedule, 'NO_MACHINES', due.dueMs, nowMs, problem) : null;
    const chosen = shots.map(({ id, name }): Shot => {
      const fireAtMs = from + spreadOf(id, spreadMs);
      const { scheduleId, dueMs } = due;
      return {
        scheduleId,
        dueMs,
        targetId: id,
        targetName: name,
        fireAtMs,
        state: 'WAITING',
        operationId: null,
        error: null,
      };
    });
    await store.plan(due, chosen, missed === 'RUN_ALL' ? maxCaughtUp : 1, event, nowMs);
    return true;
  }

  /** Asked once in a tick, however many schedules are due. */
  #candidatesOf(kind: 'DUMP' | 'HEAP_PAIR'): Promise<readonly Candidate[]> {
    const known = this.#candidates.get(kind) ?? this.#parts.launcher.candidates(kind);
    this.#candidates.set(kind, known);
    return known;
  }

  /** Those that are still at work. */
  async #settle(): Promise<readonly WaitingShot[]> {
    const { store, operations, now } = this.#parts;
    const accepted = await store.accepted();
    if (accepted.length === 0) return [];
    const found = await operations.get(accepted.map(({ shot }) => shot.operationId as string));
    const steps: ShotStep[] = [];
    const atWork: WaitingShot[] = [];
    for (const [index, one] of accepted.entries()) {
      const operation = found[index] ?? null;
      if (operation !== null && !isTerminal(operation.state)) atWork.push(one);
      else steps.push(settled(one, operation, now()));
    }
    if (steps.length > 0) await store.step(steps);
    return atWork;
  }

  async #fire(atWork: readonly WaitingShot[], signal?: AbortSignal): Promise<void> {
    const { store, now, maxParallel } = this.#parts;
    const nowMs = now();
    const waiting = await store.waiting(nowMs, consideredShots);
    const atWorkBy = new Map<string, number>();
    const count = ({ id, spec: { work } }: Schedule) => {
      for (const key of [id, work.kind]) atWorkBy.set(key, (atWorkBy.get(key) ?? 0) + 1);
    };
    const isFull = (key: string, limit: number) => (atWorkBy.get(key) ?? 0) >= limit;
    for (const { schedule } of atWork) count(schedule);
    const blocked = new Map<string, number>();
    for (const one of waiting) {
      if (signal?.aborted === true) break;
      const { schedule, shot } = one;
      const { work, maxParallel: own } = schedule.spec;
      const limit = work.kind === 'DUMP' ? maxParallel : maxHeapPairs;
      if (schedule.paused || isFull(work.kind, limit) || isFull(schedule.id, own ?? limit)) continue;
      const key = keyOf(shot);
      const notBefore = this.#blocked.get(key) ?? 0;
      // A clock that was set back must not keep it waiting.
      if (notBefore > nowMs && notBefore <= nowMs + retryMs) {
        blocked.set(key, notBefore);
        continue;
      }
      const outcome = await this.#launch(one, key, nowMs);
      if (outcome.type === 'LATER') blocked.set(key, nowMs + retryMs);
      if (outcome.type === 'ACCEPTED') count(schedule);
    }
    this.#blocked = blocked;
  }

  async #launch({ schedule, shot }: WaitingShot, key: string, nowMs: number): Promise<LaunchOutcome> {
    const { store, launcher } = this.#parts;
    const { scheduleId, dueMs, targetId, targetName, fireAtMs } = shot;
    const id = { scheduleId, dueMs, targetId };
    const waitedMs = nowMs - fireAtMs;
    const target = { id: targetId, name: targetName };
    const actor = actorOf(schedule);
    const outcome: LaunchOutcome =
      waitedMs > tooOldMs ? tooLate : await launcher.launch({ work: schedule.spec.work, target, key, actor });
    if (outcome.type === 'ACCEPTED') {
      await store.step([{ ...id, state: 'ACCEPTED', operationId: outcome.operationId }]);
      return outcome;
    }
    if (outcome.type === 'LATER' && waitedMs < patienceMs) return outcome;
    const { error } = outcome;
    const event = { ...eventOf(schedule, 'REFUSED', dueMs, nowMs, error.message), targetName };
    await store.step([{ ...id, state: 'REFUSED', error, event }]);
    return { type: 'REFUSED', error };
  }
}

const tooLate: LaunchOutcome = {
  type: 'REFUSED',
  error: toErrorShape(new MemoirError('TIMED_OUT', 'it was due more than six days ago')),
};

/** Who asks for the operations of a schedule. */
export const actorOf = (schedule: Schedule): string => `schedule:${schedule.spec.name}`;

/** The name of one machine's run, for the journal: an idempotency key has at most 200 characters. */
function keyOf({ scheduleId, dueMs, targetId }: Shot): string {
  return `schedule:${scheduleId}:${dueMs}:${createHash('sha256').update(targetId).digest('hex').slice(0, 32)}`;
}

function eventOf(
  { id: scheduleId, spec: { name } }: Schedule,
  type: NewScheduleEvent['type'],
  dueMs: number,
  atMs: number,
  message: string,
): NewScheduleEvent {
  return { scheduleId, scheduleName: name, type, dueMs, atMs, message, targetName: null, operationId: null };
}

function settled({ shot, schedule }: WaitingShot, operation: Operation | null, atMs: number): ShotStep {
  const { scheduleId, dueMs, targetId, targetName } = shot;
  const id = { scheduleId, dueMs, targetId };
  // The journal forgets in time; only what it made is kept.
  if (operation === null || operation.state === 'COMPLETED') return { ...id, state: 'COMPLETED' };
  if (operation.state === 'CANCELLED') return { ...id, state: 'CANCELLED' };
  const { id: operationId, message, error } = operation;
  const event = { ...eventOf(schedule, 'FAILED', dueMs, atMs, message), targetName, operationId };
  return error === null ? { ...id, state: 'FAILED', event } : { ...id, state: 'FAILED', error, event };
}

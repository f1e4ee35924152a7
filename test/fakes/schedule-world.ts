import { join } from 'node:path';
import type { Json } from '../../src/domain/json.ts';
import { MemoirError, toErrorShape } from '../../src/domain/memoir-error.ts';
import type { OperationState } from '../../src/domain/operation-state.ts';
import type { Operation } from '../../src/operations/operation.ts';
import { DueTimes } from '../../src/schedules/due-times.ts';
import type { Launch, LaunchOutcome } from '../../src/schedules/launcher.ts';
import type { ScheduleSpec } from '../../src/schedules/schedule.ts';
import { ScheduleClockwork } from '../../src/schedules/schedule-clockwork.ts';
import type { Candidate } from '../../src/schedules/selection.ts';
import { createSqliteSchedules } from '../../src/schedules/sqlite/sqlite-schedules.ts';
import { openSameThreadDatabase } from './same-thread-database.ts';

export const dailyDump: ScheduleSpec = {
  name: 'nightly',
  timing: { kind: 'CRON', cron: '0 3 * * *', timeZone: 'UTC' },
  machines: { kind: 'ALL' },
  work: { kind: 'DUMP', method: 'AUTO', format: 'ELF', compression: 'ZSTD', maxPauseMs: null, imageDigest: false },
  missed: 'SKIP',
  maxCaughtUp: 3,
  spreadMs: 0,
  maxParallel: null,
};

const machine = (name: string): Candidate => ({ id: `id-${name}`, name, title: null, running: true });

/** Schedules in a real SQLite file, a clock that the test sets, machines that it lists, operations that it ends. */
export class ScheduleWorld {
  nowMs = Date.parse('2026-05-04T12:00Z');
  machines: Candidate[] = [machine('db')];
  /** What each launch is answered with; ACCEPTED unless told. */
  answer: (launch: Launch) => LaunchOutcome | undefined = () => undefined;
  isAway = false;
  readonly launched: Launch[] = [];
  readonly #keys = new Map<string, string>();
  readonly operations = new Map<string, OperationState>();
  readonly #database: ReturnType<typeof openSameThreadDatabase>;
  readonly dueTimes = new DueTimes();
  readonly store: Awaited<ReturnType<typeof createSqliteSchedules>>;
  clockwork: ScheduleClockwork;

  private constructor(
    database: ReturnType<typeof openSameThreadDatabase>,
    store: Awaited<ReturnType<typeof createSqliteSchedules>>,
    maxParallel: number,
  ) {
    this.#database = database;
    this.store = store;
    this.clockwork = new ScheduleClockwork({
      store,
      dueTimes: this.dueTimes,
      launcher: {
        candidates: async () => {
          if (this.isAway) throw new MemoirError('HYPERVISOR_UNAVAILABLE', 'libvirt does not answer');
          return this.machines;
        },
        launch: async (launch) => this.#launch(launch),
      },
      operations: { get: async (ids) => ids.map((id) => this.#operation(id)) },
      maxParallel,
      now: () => this.nowMs,
    });
  }

  static async open(folder: string, maxParallel = 64): Promise<ScheduleWorld> {
    const database = openSameThreadDatabase(join(folder, 'memoir.sqlite'));
    return new ScheduleWorld(database, await createSqliteSchedules(database), maxParallel);
  }

  async add(spec: Partial<ScheduleSpec> = {}): Promise<string> {
    const full = { ...dailyDump, ...spec };
    const nextDueMs = this.dueTimes.next(full.timing, this.nowMs);
    const times = { cursorMs: this.nowMs, nextDueMs, createdAtMs: this.nowMs, updatedAtMs: this.nowMs };
    const id = `schedule-${full.name}`;
    await this.store.create({ id, spec: full, paused: false, actor: 'local', ...times });
    return id;
  }

  /** Sets the clock and does what there is to do. */
  async at(moment: string): Promise<void> {
    this.nowMs = Date.parse(moment);
    await this.clockwork.tick();
  }

  /** When the launched runs were due, each with its machine. */
  get runs(): string[] {
    return this.launched.map(({ key, target }) => {
      const dueMs = Number(key.split(':')[2]);
      return `${new Date(dueMs).toISOString().slice(0, 16)} ${target.name}`;
    });
  }

  end(state: OperationState = 'COMPLETED'): void {
    for (const id of this.operations.keys()) this.operations.set(id, state);
  }

  async events(): Promise<string[]> {
    return (await this.store.events(0, 100)).map(({ type, message }) => `${type}: ${message}`);
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  #launch(launch: Launch): LaunchOutcome {
    const answer = this.answer(launch);
    if (answer !== undefined) return answer;
    const known = this.#keys.get(launch.key);
    if (known !== undefined) return { type: 'ACCEPTED', operationId: known };
    const operationId = `operation-${this.#keys.size + 1}`;
    this.#keys.set(launch.key, operationId);
    this.operations.set(operationId, 'RUNNING');
    this.launched.push(launch);
    return { type: 'ACCEPTED', operationId };
  }

  #operation(id: string): Operation | null {
    const state = this.operations.get(id);
    if (state === undefined) return null;
    const error = state === 'FAILED' ? toErrorShape(new MemoirError('GUEST_GONE', 'the machine is gone')) : null;
    const request: Json = {};
    return {
      id,
      kind: 'DUMP',
      subject: 'vm:x',
      subjects: ['vm:x'],
      nodeId: '',
      host: 'h',
      state,
      phase: null,
      message: error?.message ?? state,
      actor: 'schedule',
      request,
      result: null,
      error,
      createdAtMs: 0,
      startedAtMs: 0,
      finishedAtMs: null,
      durationMs: null,
      cancelRequested: false,
      seq: 1,
    };
  }
}

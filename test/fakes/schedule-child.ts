// A server's schedules and journal in a folder, with a clock that is simulated: runs from where the last child was killed up to the end
// of the month, and kills itself at a step that is given.
import { join } from 'node:path';
import { createIdSource } from '../../src/domain/id.ts';
import type { Json } from '../../src/domain/json.ts';
import { startOperations } from '../../src/operations/engine.ts';
import { operationType } from '../../src/operations/operation-type.ts';
import { createSqliteJournal } from '../../src/operations/sqlite/journal.ts';
import type { Submission } from '../../src/operations/submission.ts';
import { DueTimes } from '../../src/schedules/due-times.ts';
import { ScheduleClockwork } from '../../src/schedules/schedule-clockwork.ts';
import { createSqliteSchedules } from '../../src/schedules/sqlite/sqlite-schedules.ts';
import { openSameThreadDatabase } from './same-thread-database.ts';
import { monthEndMs, monthStartMs, specsOf } from './schedule-month.ts';

const [folder = '', count = '1', days = '30', killAt = '0'] = process.argv.slice(2);
const endMs = Math.min(monthEndMs, monthStartMs + Number(days) * 86_400_000);
let steps = 0;
/** Between any two things that are durable. */
const step = () => {
  steps++;
  if (steps === Number(killAt)) process.kill(process.pid, 'SIGKILL');
};

const database = openSameThreadDatabase(join(folder, 'memoir.sqlite'));
const journal = await createSqliteJournal(database, []);
const store = await createSqliteSchedules(database);
const dueTimes = new DueTimes();
const known = await store.list();
// A simulated clock has no seconds of its own: it is where the journal is.
let nowMs = Math.max(monthStartMs, ...known.map(({ cursorMs }) => cursorMs));
const [newest] = (await journal.page({ limit: 1 })).operations;
const operations = await startOperations({
  journal,
  nodeId: 'node',
  host: 'here',
  kinds: [
    {
      type: operationType<Json, Json>({
        name: 'TOY',
        underWay: 'at work',
        request: { parse: (kept) => kept as Json },
        result: { parse: (kept) => kept as Json },
      }),
      parallel: 4,
      stallTimeoutMs: 0,
      timeoutMs: 0,
      run: async () => ({ result: {}, message: 'Made' }),
      recover: async () => ({ action: 'REQUEUE' }),
    },
  ],
  createId: createIdSource(Date.now, newest?.id),
  log: { warn() {}, error() {} },
  queueLimit: 10_000,
  graceMs: 0,
});

const clockwork = new ScheduleClockwork({
  store: new Proxy(store, {
    get: (target, name) => {
      const method = Reflect.get(target, name);
      return async (...args: unknown[]) => {
        step();
        const answer = await method(...args);
        step();
        return answer;
      };
    },
  }),
  dueTimes,
  launcher: {
    candidates: async () => ['a', 'b'].map((name) => ({ id: `machine-${name}`, name, title: null, running: true })),
    launch: async ({ target, key }) => {
      const [, scheduleId = '', dueMs] = key.split(':');
      const submission: Submission = {
        kind: 'TOY',
        subjects: [`toy:${scheduleId}:${dueMs}:${target.id}`],
        request: { scheduleId, dueMs: Number(dueMs), target: target.id },
        message: 'Waits',
      };
      const operation = await operations.submitOne(submission, { actor: 'schedule', idempotencyKey: key });
      step();
      await operations.settled(operation.id);
      return { type: 'ACCEPTED', operationId: operation.id };
    },
  },
  operations,
  maxParallel: 1_000,
  now: () => nowMs,
});

const specs = specsOf(Number(count));
for (const [index, spec] of specs.entries()) {
  const id = `s${index}`;
  if (known.some((schedule) => schedule.id === id)) continue;
  const times = { cursorMs: monthStartMs, createdAtMs: monthStartMs, updatedAtMs: monthStartMs };
  const nextDueMs = dueTimes.next(spec.timing, monthStartMs);
  await store.create({ id, spec, paused: false, actor: 'test', nextDueMs, ...times });
}
while (nowMs < endMs) {
  const next = await clockwork.tick();
  nowMs = Math.min(endMs, Math.max(nowMs + 1, next ?? endMs));
}
await clockwork.tick();
await clockwork.tick();

await operations.close();
await database.close();

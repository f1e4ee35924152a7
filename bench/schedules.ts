import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openDatabase } from '../src/database/database.ts';
import { DueTimes } from '../src/schedules/due-times.ts';
import type { ScheduleSpec } from '../src/schedules/schedule.ts';
import { ScheduleClockwork } from '../src/schedules/schedule-clockwork.ts';
import { createSqliteSchedules } from '../src/schedules/sqlite/sqlite-schedules.ts';

const spec: ScheduleSpec = {
  name: '',
  timing: { kind: 'CRON', cron: '* * * * *', timeZone: 'Europe/Berlin' },
  machines: { kind: 'NAMES', names: ['db'] },
  work: { kind: 'DUMP', method: 'AUTO', format: 'ELF', compression: 'ZSTD', maxPauseMs: null, imageDigest: false },
  missed: 'SKIP',
  maxCaughtUp: 1,
  spreadMs: 0,
  maxParallel: null,
};

/**
 * 10,000 schedules that are due every minute, each for one machine: how long it takes until all due times of a minute are journaled and
 * planned, and what the event loop feels of it. Every operation is refused at once, so that only the schedules are measured.
 */
export async function run([given = '10000']: readonly string[]): Promise<void> {
  const count = Number(given);
  const folder = mkdtempSync(join(tmpdir(), 'memoir-bench-'));
  const database = openDatabase(join(folder, 'memoir.sqlite'));
  const store = await createSqliteSchedules(database);
  const dueTimes = new DueTimes();
  let nowMs = Date.parse('2026-05-04T12:00:30Z');
  const clockwork = new ScheduleClockwork({
    store,
    dueTimes,
    launcher: {
      candidates: async () => [{ id: 'id-db', name: 'db', title: null, running: true }],
      launch: async () => ({
        type: 'REFUSED',
        error: { code: 'NOT_RUNNING', message: 'a bench', hint: '', details: {} },
      }),
    },
    operations: { get: async () => [] },
    maxParallel: 2,
    now: () => nowMs,
  });

  const nextDueMs = dueTimes.next(spec.timing, nowMs);
  for (let index = 0; index < count; index++) {
    const times = { cursorMs: nowMs, nextDueMs, createdAtMs: nowMs, updatedAtMs: nowMs };
    const id = `schedule-${index}`;
    await store.create({ id, spec: { ...spec, name: id }, paused: false, actor: 'bench', ...times });
  }

  console.log(`${count} schedules, all due every minute`);
  for (let minute = 0; minute < 3; minute++) {
    nowMs += 60_000;
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const begun = performance.now();
    await clockwork.tick();
    const seconds = (performance.now() - begun) / 1_000;
    delay.disable();
    const p99 = delay.percentile(99) / 1e6;
    const perMinute = Math.round((count / seconds) * 60).toLocaleString('en');
    console.log(
      `minute ${minute + 1}: journaled and planned in ${seconds.toFixed(2)} s (${perMinute} a minute), event loop p99 ${p99.toFixed(1)} ms`,
    );
  }
  await database.close();
  rmSync(folder, { recursive: true, force: true });
}

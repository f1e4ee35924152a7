import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { DueTimes } from '../../src/schedules/due-times.ts';
import { monthStartMs, specsOf } from '../fakes/schedule-month.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { thorough } from '../thorough.ts';

const run = promisify(execFile);
const script = new URL('../fakes/schedule-child.ts', import.meta.url).pathname;

/** SCHEDULE_MONTH=1 simulates the whole of it: 200 schedules, 30 days, as before a release. */
const whole = process.env.SCHEDULE_MONTH === '1';
const [count, days, kills] = whole ? [200, 30, 60] : thorough ? [40, 10, 12] : [12, 5, 6];

/** Runs the child; whether it came to its end. */
async function child(folder: string, killAt: number): Promise<boolean> {
  const args = [script, folder, `${count}`, `${days}`, `${killAt}`];
  try {
    await run(process.execPath, args);
    return true;
  } catch (error) {
    if ((error as { signal?: string }).signal === 'SIGKILL') return false;
    throw error;
  }
}

it(
  'a server that is killed at random in a month of many schedules doubles no run and loses none',
  async () => {
    const folder = temporaryFolder();
    let seed = 7;
    for (let kill = 0; kill < kills; kill++) {
      seed = (seed * 48_271) % 2_147_483_647;
      if (await child(folder, 1 + (seed % (whole ? 400 : 120)))) break;
    }
    while (!(await child(folder, 0)));

    const dueTimes = new DueTimes();
    const untilMs = monthStartMs + days * 86_400_000;
    const expected = specsOf(count).flatMap((spec, index) => {
      const targets = spec.machines.kind === 'ALL' ? ['machine-a', 'machine-b'] : ['machine-a'];
      const times: number[] = [];
      for (
        let at = dueTimes.next(spec.timing, monthStartMs);
        at !== null && at <= untilMs;
        at = dueTimes.next(spec.timing, at)
      )
        times.push(at);
      return times.flatMap((at) => targets.map((target) => `s${index} ${at} ${target}`));
    });
    const database = new DatabaseSync(join(folder, 'memoir.sqlite'));
    const operations = database.prepare('SELECT request, state FROM operations').all();
    const waiting = database
      .prepare("SELECT count(*) AS n FROM schedule_shots WHERE state IN ('WAITING', 'ACCEPTED')")
      .get();
    database.close();
    const done = operations.map(({ request }) => {
      const { scheduleId, dueMs, target } = JSON.parse(request as string);
      return `${scheduleId} ${dueMs} ${target}`;
    });
    expect(expected.length).toBeGreaterThan(20);
    // Those whose moment within the spread lies behind the end are journaled and wait.
    expect(done.length + Number(waiting?.n)).toBeGreaterThanOrEqual(expected.length);
    expect(new Set(done).size).toBe(done.length);
    const late = new Set(expected.filter((run) => Number(run.split(' ')[1]) > untilMs - 600_000));
    expect(expected.filter((run) => !done.includes(run) && !late.has(run))).toEqual([]);
    expect(done.filter((run) => !expected.includes(run))).toEqual([]);
    expect(operations.every(({ state }) => state === 'COMPLETED')).toBe(true);
  },
  whole ? 1_800_000 : 120_000,
);

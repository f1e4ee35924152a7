import type { ScheduleSpec } from '../../src/schedules/schedule.ts';
import { dailyDump } from './schedule-world.ts';

/** A month in which the clocks of Europe and of Chile change. */
export const monthStartMs = Date.parse('2026-03-15T00:00Z');
export const monthEndMs = monthStartMs + 30 * 86_400_000;

const zones = ['Europe/Berlin', 'America/Santiago', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'];

/** Schedules of all sorts, always the same. */
export function specsOf(count: number): readonly ScheduleSpec[] {
  return Array.from({ length: count }, (_, index): ScheduleSpec => {
    const timeZone = zones[index % zones.length] as string;
    const minute = (index * 7) % 60;
    const hour = (index * 5) % 24;
    const cron = [
      `${minute} ${hour} * * *`,
      `${minute} ${hour} * * 1,4`,
      `${minute} 2,14 L * *`,
      `${minute} 1 * * FRI#2`,
    ][index % 4] as string;
    const everyMs = (5 + (index % 40)) * 3_600_000;
    return {
      ...dailyDump,
      name: `schedule ${index}`,
      timing: index % 9 === 0 ? { kind: 'EVERY', everyMs, anchorMs: monthStartMs } : { kind: 'CRON', cron, timeZone },
      machines: index % 3 === 0 ? { kind: 'ALL' } : { kind: 'NAMES', names: ['a'] },
      missed: 'RUN_ALL',
      maxCaughtUp: 100,
      spreadMs: index % 2 === 0 ? 0 : 600_000,
    };
  });
}

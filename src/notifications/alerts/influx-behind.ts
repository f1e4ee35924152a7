import type { AlertSource } from './alert-source.ts';

/** What the outbox says of itself. */
interface Backlog {
  readonly waiting: number;
  readonly waitingSinceMs: number | null;
  readonly dead: number;
  readonly reason: string | null;
}

/** Longer than an upgrade of InfluxDB takes. */
const patienceMs = 3_600_000;

/** Records have waited for InfluxDB for an hour, or it refused some. */
export function influxBehind(backlog: () => Promise<Backlog>, now: () => number = Date.now): AlertSource {
  return {
    kind: 'INFLUX_BEHIND',
    async look() {
      const { waiting, waitingSinceMs, dead, reason } = await backlog();
      const problems = [
        ...(waitingSinceMs !== null && now() - waitingSinceMs >= patienceMs
          ? [
              `${waiting} lines have been waiting for InfluxDB for ${Math.floor((now() - waitingSinceMs) / 60_000)} minutes`,
            ]
          : []),
        ...(dead > 0 ? [`InfluxDB refused ${dead} ${dead === 1 ? 'line' : 'lines'}`] : []),
      ];
      if (problems.length === 0) return [];
      const message = `${problems.join('; ')}${reason === null ? '' : ` (${reason})`}.`;
      return [{ kind: 'INFLUX_BEHIND', subject: 'influx', machine: null, message }];
    },
  };
}

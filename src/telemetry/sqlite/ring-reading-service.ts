import type { DatabaseSync } from 'node:sqlite';
import { numberOf, numberOrNull, type Row } from '../../database/row.ts';
import { measures, type Point } from '../sample.ts';
import type { PointsQuery } from '../sample-store.ts';
import { foldMs } from '../series-query.ts';
import { columnOf, readValues } from './schema.ts';
import { createUnsentReader } from './unsent-rounds.ts';

export type RingReadingService = ReturnType<typeof openService>;

/** The part of the ring that lives on the reading thread. The tables are there: the writing part was opened first. */
export function openService(connection: DatabaseSync) {
  const columns = measures.map((measure) => columnOf[measure]);
  const list = columns.join(', ');
  // A mean of means counts each for its samples.
  const mean = (column: string) => `sum(${column} * samples) / sum(iif(${column} IS NULL, 0, samples)) AS ${column}`;
  const points = (from: string) =>
    connection.prepare(`
      SELECT at_ms - at_ms % :step AS start, sum(samples) AS samples, max(cpu_peak_percent) AS cpu_peak_percent,
        ${columns.map(mean).join(', ')}
      FROM (${from}) GROUP BY start ORDER BY start`);
  const fromSamples = `SELECT at_ms, 1 AS samples, cpu_percent AS cpu_peak_percent, ${list} FROM telemetry_samples
    WHERE machine = :machine AND at_ms >= max(:from, :edge) AND at_ms < :until`;
  const fromFolds = `SELECT at_ms, samples, cpu_peak_percent, ${list} FROM telemetry_folds
    WHERE machine = :machine AND at_ms >= :from AND at_ms < min(:until, :edge)`;
  const fine = points(fromSamples);
  const coarse = points(`${fromFolds} UNION ALL ${fromSamples}`);
  const find = connection.prepare('SELECT number, folded_ms FROM telemetry_machines WHERE id = ?');

  return {
    unsent: createUnsentReader(connection),
    read({ machineIds, fromMs, untilMs, resolutionMs }: PointsQuery): Map<string, Point[]> {
      const isCoarse = resolutionMs % foldMs === 0;
      const found = new Map<string, Point[]>();
      for (const id of machineIds) {
        const machine = find.get(id);
        if (machine === undefined) continue;
        const rows = (isCoarse ? coarse : fine).all({
          machine: numberOf(machine, 'number'),
          // What is folded is read from there: the samples of it may be gone already.
          edge: isCoarse ? numberOf(machine, 'folded_ms') : 0,
          from: fromMs,
          until: untilMs,
          step: resolutionMs,
        });
        found.set(id, rows.map(toPoint));
      }
      return found;
    },
  };
}

function toPoint(row: Row): Point {
  return {
    ...readValues(row),
    atMs: numberOf(row, 'start'),
    cpuPeakPercent: numberOrNull(row, 'cpu_peak_percent'),
    samples: numberOf(row, 'samples'),
  };
}

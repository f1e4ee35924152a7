import type { InfluxQuery } from '../../influx/influx-client.ts';
import type { TimeRange } from '../../influx/windows.ts';
import { measures } from '../sample.ts';
import { fieldOf, statsTable } from './vm-stats.ts';

// Every SQL statement that is ever sent to InfluxDB about telemetry, in its DataFusion dialect. test/telemetry/dialect.test.ts
// runs each of them through an independent DataFusion. Numbers and times are our own and stand in the text; ids are parameters.

/** The columns that the table has by now: naming another is an error until its first value is written. */
export type Columns = ReadonlySet<string>;

export const columnsQuery: InfluxQuery = {
  text: `SELECT column_name FROM information_schema.columns WHERE table_name = '${statsTable}'`,
};

/**
 * Sums and counts of each measure for each machine and stretch that begins within the range: means can be made of them also
 * where a stretch lies in two windows.
 */
export function pointsQuery(
  columns: Columns,
  machineIds: readonly string[],
  { fromUs, untilUs }: TimeRange,
  resolutionMs: number,
): InfluxQuery {
  const known = measures.map((measure) => fieldOf[measure]).filter((field) => columns.has(field));
  const sums = known.flatMap((field) => [`sum(${field}) AS ${field}_sum`, `count(${field}) AS ${field}_n`]);
  const peak = columns.has(fieldOf.cpuPercent) ? [`max(${fieldOf.cpuPercent}) AS cpu_peak`] : [];
  const stretch = `date_bin(INTERVAL '${resolutionMs / 1000} seconds', time)::bigint AS at_ns`;
  const names = machineIds.map((_, index) => `$m${index}`);
  return {
    text:
      `SELECT machine_id, ${[stretch, 'count(*) AS samples', ...peak, ...sums].join(', ')} FROM ${statsTable} ` +
      `WHERE time >= ${timestamp(fromUs)} AND time < ${timestamp(untilUs)} AND machine_id IN (${names.join(', ')}) ` +
      'GROUP BY machine_id, date_bin(INTERVAL ' +
      `'${resolutionMs / 1000} seconds', time)`,
    parameters: Object.fromEntries(machineIds.map((id, index) => [`m${index}`, id])),
  };
}

const timestamp = (timeUs: number): string => `'${new Date(timeUs / 1000).toISOString().slice(0, -1)}000000Z'`;

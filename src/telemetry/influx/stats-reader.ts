import type { InfluxClient, InfluxQuery } from '../../influx/influx-client.ts';
import { InfluxError, isInfluxError } from '../../influx/influx-error.ts';
import type { InfluxRow, InfluxValue } from '../../influx/influx-values.ts';
import { walkWindows } from '../../influx/windows.ts';
import { type Measure, measures, type Point, type Values } from '../sample.ts';
import type { PointsByMachine, PointsQuery, SampleStore } from '../sample-store.ts';
import { type Columns, columnsQuery, pointsQuery } from './sql.ts';
import { fieldOf } from './vm-stats.ts';

/** Sums of a stretch, from as many windows as it lies in. */
interface Sums {
  samples: number;
  cpuPeakPercent: number | null;
  readonly of: Map<Measure, { sum: number; count: number }>;
}

/** A person waits for a chart, and the ring has most of it. */
const usualBudgetMs = 3_000;

/** Samples in InfluxDB, in the measurement `vm_stats`. The client is the caller's to close. */
export function createStatsReader(client: InfluxClient, budgetMs = usualBudgetMs): Pick<SampleStore, 'read'> {
  return { read: (query) => readPoints(client, query, budgetMs) };
}

/** Reads points window by window, all of it within `budgetMs`; a table or database that is not there is an empty one. */
async function readPoints(client: InfluxClient, query: PointsQuery, budgetMs: number): Promise<PointsByMachine> {
  const { machineIds, fromMs, untilMs, resolutionMs } = query;
  await client.ready();
  const endMs = performance.now() + budgetMs;
  const ask = async (question: InfluxQuery): Promise<InfluxRow[]> => {
    const timeoutMs = Math.floor(endMs - performance.now());
    if (timeoutMs <= 0) throw new InfluxError('TIMEOUT', 'no answer in time');
    try {
      return await client.sql({ ...question, timeoutMs });
    } catch (error) {
      if (isInfluxError(error, 'NO_DATABASE', 'NO_TABLE')) return [];
      throw error;
    }
  };
  const columns: Columns = new Set((await ask(columnsQuery)).map((row) => String(row.column_name)));
  const found = new Map<string, Map<number, Sums>>();
  // Without this it is no table of ours, or there is none yet.
  if (!columns.has('machine_id')) return new Map();
  const range = { fromUs: fromMs * 1000, untilUs: untilMs * 1000 };
  await walkWindows(range, 'DESC', Date.now() * 1000, async (window) => {
    const rows = await ask(pointsQuery(columns, machineIds, wholeMs(window), resolutionMs));
    for (const row of rows) add(found, row);
    return rows.length === 0 ? 'EMPTY' : 'MORE';
  });
  return new Map([...found].map(([id, stretches]) => [id, toPoints(stretches)]));
}

/** Samples are dated in milliseconds: a window may end between two of them. */
function wholeMs({ fromUs, untilUs }: { fromUs: number; untilUs: number }) {
  return { fromUs: Math.ceil(fromUs / 1000) * 1000, untilUs: Math.ceil(untilUs / 1000) * 1000 };
}

function add(found: Map<string, Map<number, Sums>>, row: InfluxRow): void {
  const id = String(row.machine_id);
  const atMs = Number(BigInt(row.at_ns as bigint | number) / 1_000_000n);
  const stretches = found.get(id) ?? new Map<number, Sums>();
  found.set(id, stretches);
  const sums: Sums = stretches.get(atMs) ?? { samples: 0, cpuPeakPercent: null, of: new Map() };
  stretches.set(atMs, sums);
  sums.samples += number(row.samples) ?? 0;
  const peak = number(row.cpu_peak);
  if (peak !== null) sums.cpuPeakPercent = Math.max(peak, sums.cpuPeakPercent ?? peak);
  for (const measure of measures) {
    const [sum, count] = [number(row[`${fieldOf[measure]}_sum`]), number(row[`${fieldOf[measure]}_n`]) ?? 0];
    if (sum === null || count === 0) continue;
    const before = sums.of.get(measure) ?? { sum: 0, count: 0 };
    sums.of.set(measure, { sum: before.sum + sum, count: before.count + count });
  }
}

function toPoints(stretches: ReadonlyMap<number, Sums>): Point[] {
  return [...stretches]
    .sort(([a], [b]) => a - b)
    .map(([atMs, { samples, cpuPeakPercent, of }]) => {
      const mean = (measure: Measure): number | null => {
        const known = of.get(measure);
        return known === undefined ? null : known.sum / known.count;
      };
      const values = Object.fromEntries(measures.map((measure) => [measure, mean(measure)])) as Values;
      return { ...values, atMs, samples, cpuPeakPercent };
    });
}

function number(value: InfluxValue | undefined): number | null {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

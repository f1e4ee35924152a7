import { toTagValue } from '../../influx/tag-text.ts';
import type { CheckedFilter } from '../check-query.ts';
import type { DumpRecord } from '../dump-record.ts';
import {
  maxListedMachines,
  type RecordDay,
  type RecordMachine,
  type RecordOrder,
  type RecordPage,
  type RecordPageQuery,
  type RecordStats,
} from '../dump-records.ts';
import { matchesFilter } from '../filter-match.ts';
import { pageSteps, type Reading, toRow } from '../page-steps.ts';
import {
  addMachine,
  comparePlaces,
  type DaySums,
  machineOfRecord,
  type PointEntry,
  type PointReader,
} from './point-reader.ts';

/** What InfluxDB will have in a moment: completed here, accepted there not yet. It belongs to every answer already. */
export type Pending = readonly DumpRecord[];

type Answer<T> = Omit<T, 'source' | 'warnings'> & { readonly warnings: readonly string[] };

export async function readPage(
  reader: PointReader,
  filter: CheckedFilter,
  query: RecordPageQuery,
  pending: Pending,
): Promise<Answer<RecordPage>> {
  const steps = pageSteps<PointEntry>(query);
  let step = steps.next();
  while (!step.done) step = steps.next(filter.empty ? [] : await readMerged(reader, filter, step.value, pending));
  const { entries, ...edges } = step.value;
  return { rows: entries.map((entry) => toRow(query.order, entry, entry.record)), ...edges, warnings: [] };
}

/** Entries of the server and those that it does not have yet, in one order, each once. */
async function readMerged(
  reader: PointReader,
  filter: CheckedFilter,
  reading: Reading,
  pending: Pending,
): Promise<PointEntry[]> {
  const { order, after, before, limit, offset = 0 } = reading;
  const compare = comparePlaces(order);
  const additional = pending
    .filter((record) => matchesFilter(record, filter))
    .map((record) => toPendingEntry(record, order.by))
    .filter((entry) => (!after || compare(entry, after) > 0) && (!before || compare(entry, before) < 0));
  // Each additional entry may stand before the ones that are skipped: that many fewer are skipped by the server.
  const skipped = Math.max(0, offset - additional.length);
  const found = await reader.read(filter, { ...reading, offset: skipped, limit: limit + offset - skipped });
  if (additional.length === 0) return found;
  const known = new Set(found.map(({ id }) => id));
  const merged = [...found, ...additional.filter(({ id }) => !known.has(id))].sort(compare);
  return merged.slice(offset - skipped, offset - skipped + limit);
}

export function toPendingEntry(record: DumpRecord, by: RecordOrder['by']): PointEntry {
  const keys = {
    TIME: record.timeUs,
    DURATION: record.durationSec,
    SIZE: record.sizeBytes,
    VM: toTagValue(record.dom),
  };
  return { key: keys[by], id: record.id, record };
}

export async function readCount(reader: PointReader, filter: CheckedFilter, pending: Pending): Promise<number> {
  if (filter.empty) return 0;
  return (await reader.count(filter)) + matching(pending, filter).length;
}

/** Five measures on their own feet; rejects only when none of them could be had. */
export async function readStats(
  reader: PointReader,
  filter: CheckedFilter,
  pending: Pending,
): Promise<Answer<RecordStats>> {
  const nothing = { totalDumps: 0, totalVms: 0, totalSizeBytes: 0, avgDurationSec: null, lastDumpUs: null };
  if (filter.empty) return { ...nothing, warnings: [] };
  const results = await Promise.allSettled([
    reader.count(filter),
    reader.machines(filter),
    reader.size(filter),
    reader.duration(filter),
    reader.last(filter),
  ]);
  if (results.every(({ status }) => status === 'rejected')) throw (results[0] as PromiseRejectedResult).reason;
  const [count, machines, size, duration, last] = results;
  const warnings: string[] = [];
  const value = <T>(name: string, result: PromiseSettledResult<T>): T | null => {
    if (result.status === 'fulfilled') return result.value;
    warnings.push(`${name} could not be read from InfluxDB: ${describe(result.reason)}.`);
    return null;
  };
  const additional = matching(pending, filter);
  const counted = value('The number of dumps', count);
  const named = value('The number of machines', machines);
  const bytes = value('The size of all dumps', size);
  const lasting = value('The average duration', duration);
  const newest = value('The time of the last dump', last);
  const dumps = (lasting?.dumps ?? 0) + additional.length;
  const seconds = additional.reduce((total, { durationSec }) => total + durationSec, lasting?.totalSec ?? 0);
  const times = [...(newest === null ? [] : [newest]), ...additional.map(({ timeUs }) => timeUs)];
  return {
    totalDumps: counted === null ? null : counted + additional.length,
    totalVms: named === null ? null : new Set([...named, ...additional.map(({ machineId }) => machineId)]).size,
    totalSizeBytes: bytes === null ? null : additional.reduce((total, { sizeBytes }) => total + sizeBytes, bytes),
    avgDurationSec: lasting === null || dumps === 0 ? null : seconds / dumps,
    lastDumpUs: last.status === 'rejected' || times.length === 0 ? null : Math.max(...times),
    warnings,
  };
}

export async function readSeries(
  reader: PointReader,
  filter: CheckedFilter,
  pending: Pending,
  maxDays: number,
): Promise<RecordDay[]> {
  if (filter.empty) return [];
  const days = new Map(await reader.days(filter));
  for (const { timeUs, sizeBytes, durationSec, guestPauseMs } of matching(pending, filter)) {
    const day = timeUs - (timeUs % 86_400_000_000);
    const before: DaySums = days.get(day) ?? { dumps: 0, sizeBytes: 0, durationSec: 0, pauseMs: 0, pauses: 0 };
    days.set(day, {
      dumps: before.dumps + 1,
      sizeBytes: before.sizeBytes + sizeBytes,
      durationSec: before.durationSec + durationSec,
      pauseMs: before.pauseMs + (guestPauseMs ?? 0),
      pauses: before.pauses + (guestPauseMs === null ? 0 : 1),
    });
  }
  return [...days]
    .sort(([a], [b]) => a - b)
    .slice(-maxDays)
    .map(([dayUs, sums]) => ({
      dayMs: dayUs / 1000,
      dumps: sums.dumps,
      sizeBytes: sums.sizeBytes,
      avgDurationSec: sums.durationSec / sums.dumps,
      avgGuestPauseMs: sums.pauses === 0 ? null : sums.pauseMs / sums.pauses,
    }));
}

export async function readMachines(
  reader: PointReader,
  filter: CheckedFilter,
  pending: Pending,
): Promise<RecordMachine[]> {
  if (filter.empty) return [];
  const machines = new Map(await reader.listMachines(filter));
  for (const record of matching(pending, filter)) addMachine(machines, machineOfRecord(record));
  return [...machines.values()]
    .sort((a, b) => b.lastDumpUs - a.lastDumpUs || (a.machineId < b.machineId ? -1 : 1))
    .slice(0, maxListedMachines);
}

function matching(pending: Pending, filter: CheckedFilter): DumpRecord[] {
  return pending.filter((record) => matchesFilter(record, filter));
}

export function describe(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
}

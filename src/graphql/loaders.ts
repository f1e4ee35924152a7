import DataLoader from 'dataloader';
import { isMemoirError } from '../domain/memoir-error.ts';
import { activeStates } from '../domain/operation-state.ts';
import { type DumpForecast, dumpKind, machineSubject } from '../dumps/dumps.ts';
import type { Machine } from '../machines/machine.ts';
import type { Operation } from '../operations/operation.ts';
import type { DumpRecord } from '../records/dump-record.ts';
import type { Hold } from '../records/holds.ts';
import type { SeriesQuery } from '../telemetry/series-query.ts';
import type { Series } from '../telemetry/telemetry.ts';
import type { Services } from './services.ts';

/** Most keys of one call: what the contracts answer at once. */
const maxBatchSize = 1000;

/** The neighbours of what was asked for, each fetched in one call however many were asked for. */
export interface Loaders {
  readonly operation: DataLoader<string, Operation | null>;
  /** By the dump’s id. */
  readonly hold: DataLoader<string, Hold | null>;
  readonly record: DataLoader<string, DumpRecord | null>;
  /** By id; null while the hypervisor does not know it or does not respond (service.hypervisor says which). */
  readonly machine: DataLoader<string, Machine | null>;
  /** The dump of a machine that is queued or running. */
  readonly activeDump: DataLoader<string, Operation | null>;
  /** The newest record of a machine. */
  readonly lastRecord: DataLoader<string, DumpRecord | null>;
  /** What dumps of machines would be like: hypervisor, disk and journal are asked once for all of them. */
  readonly forecast: DataLoader<Machine, DumpForecast, string>;
  /** Statistics of a machine over a range. */
  readonly stats: DataLoader<StatsKey, Series, string>;
}

export interface StatsKey {
  readonly machineId: string;
  readonly query: SeriesQuery;
}

export function createLoaders(
  services: Pick<Services, 'operations' | 'dumps' | 'records' | 'hypervisor' | 'telemetry' | 'retention'>,
): Loaders {
  const { operations, dumps, records, hypervisor, telemetry, retention } = services;
  return {
    hold: new DataLoader((ids) => retention.holdsOf('DUMP', ids), { maxBatchSize }),
    operation: new DataLoader((ids) => operations.get(ids), { maxBatchSize }),
    record: new DataLoader((ids) => records.get(ids), { maxBatchSize }),
    machine: new DataLoader((ids) => findMachines(hypervisor, ids), { maxBatchSize }),
    activeDump: new DataLoader((ids) => findActiveDumps(operations, ids), { maxBatchSize }),
    lastRecord: new DataLoader((ids) => findLastRecords(records, ids), { maxBatchSize }),
    forecast: new DataLoader((machines) => dumps.forecasts(machines), { maxBatchSize, cacheKeyFn: ({ id }) => id }),
    stats: new DataLoader((keys) => findStats(telemetry, keys), {
      maxBatchSize,
      cacheKeyFn: ({ machineId, query }) => JSON.stringify([machineId, query]),
    }),
  };
}

async function findMachines(hypervisor: Services['hypervisor'], ids: readonly string[]): Promise<(Machine | null)[]> {
  try {
    const [only = '', ...others] = ids;
    const found = others.length === 0 ? [await hypervisor.find(only)] : await hypervisor.list();
    const byId = new Map(found.map((machine) => [machine?.id, machine]));
    return ids.map((id) => byId.get(id) ?? null);
  } catch (error) {
    if (isMemoirError(error, 'HYPERVISOR_UNAVAILABLE')) return ids.map(() => null);
    throw error;
  }
}

async function findActiveDumps(operations: Services['operations'], ids: readonly string[]) {
  const subjects = ids.map(machineSubject);
  const page = await operations.page({ kind: dumpKind, states: activeStates, subjects, limit: maxBatchSize });
  const bySubject = new Map(page.operations.map((operation) => [operation.subject, operation]));
  return subjects.map((subject) => bySubject.get(subject) ?? null);
}

/**
 * One page of the newest records of all these machines usually has everybody's last one. Only when there are more records
 * than a page holds is a machine that is not on it asked for by itself.
 */
async function findLastRecords(records: Services['records'], ids: readonly string[]) {
  const newest = { by: 'TIME', direction: 'DESC' } as const;
  const page = await records.page({ filter: { vms: ids }, order: newest, limit: maxBatchSize });
  const byMachine = new Map<string, DumpRecord>();
  for (const { record } of page.rows) if (!byMachine.has(record.machineId)) byMachine.set(record.machineId, record);
  return Promise.all(
    ids.map(async (id) => {
      if (byMachine.has(id) || !page.hasNext) return byMachine.get(id) ?? null;
      const own = await records.page({ filter: { vms: [id] }, order: newest, limit: 1 });
      return own.rows[0]?.record ?? null;
    }),
  );
}

/** All machines of one range in one call. */
async function findStats(telemetry: Services['telemetry'], keys: readonly StatsKey[]): Promise<(Series | Error)[]> {
  const answers = new Map<StatsKey, Series | Error>();
  const byQuery = Map.groupBy(keys, ({ query }) => JSON.stringify(query));
  await Promise.all(
    byQuery.values().map(async (group) => {
      const ids = group.map(({ machineId }) => machineId);
      const query = group[0]?.query ?? {};
      // What is wrong with one range is no reason to keep the others from those who asked for them.
      const series = await telemetry.series(ids, query).catch((error: Error) => error);
      group.forEach((key, index) => {
        answers.set(key, series instanceof Error ? series : (series[index] as Series));
      });
    }),
  );
  return keys.map((key) => answers.get(key) as Series | Error);
}

import type { DatabaseSync } from 'node:sqlite';
import { checkFilter, checkPage } from '../check-query.ts';
import type { DumpRecord } from '../dump-record.ts';
import type {
  RecordCount,
  RecordFilter,
  RecordMachines,
  RecordPage,
  RecordPageQuery,
  RecordSeries,
  RecordStats,
} from '../dump-records.ts';
import { readPage } from './list.ts';
import { countMachines } from './machine-count.ts';
import { listMachines } from './machine-list.ts';
import { createQueries, type PlanLimits } from './queries.ts';
import { fromRow } from './record-row.ts';
import { type Selection, select } from './selection.ts';
import { readDays, readTotals } from './totals.ts';

export type ReadingService = ReturnType<typeof openService>;

const maxDays = 3_660;

const fromHere = { source: 'CATALOGUE', warnings: [] } as const;

/** The part of the records that lives on the reading thread. The tables are there: the writing part was opened first. */
export function openService(connection: DatabaseSync, { limits }: { readonly limits?: PlanLimits }) {
  const queries = createQueries(connection, limits);
  const selected = <T>(filter: RecordFilter, work: (selection: Selection | null) => T): T => {
    const checked = checkFilter(filter);
    return queries.snapshot(() => work(select(queries, checked)));
  };

  return {
    get(ids: readonly string[]): (DumpRecord | null)[] {
      return queries.snapshot(() =>
        ids.map((id) => {
          const row = queries.first({ text: 'SELECT * FROM records WHERE id = ?', values: [id] });
          return row === undefined ? null : fromRow(row);
        }),
      );
    },
    page(query: RecordPageQuery): RecordPage {
      checkPage(query);
      return selected(query.filter, (selection) => readPage(queries, selection, query));
    },
    count(filter: RecordFilter): RecordCount {
      return selected(filter, (selection) => ({
        total: selection === null ? 0 : readTotals(queries, selection).dumps,
        ...fromHere,
      }));
    },
    stats(filter: RecordFilter): RecordStats {
      return selected(filter, (selection) => {
        const totals = selection === null ? null : readTotals(queries, selection);
        const newest = { filter, order: { by: 'TIME', direction: 'DESC' }, limit: 1 } as const;
        return {
          totalDumps: totals?.dumps ?? 0,
          totalVms: selection === null || totals === null ? 0 : countMachines(queries, selection, totals.dumps),
          totalSizeBytes: totals?.sizeBytes ?? 0,
          avgDurationSec: totals === null || totals.dumps === 0 ? null : totals.durationUs / totals.dumps / 1e6,
          lastDumpUs: readPage(queries, selection, newest).rows[0]?.record.timeUs ?? null,
          ...fromHere,
        };
      });
    },
    series(filter: RecordFilter): RecordSeries {
      return selected(filter, (selection) => {
        const found = selection === null ? [] : [...readDays(queries, selection)];
        const days = found.slice(-maxDays).map(([startUs, totals]) => ({
          dayMs: startUs / 1000,
          dumps: totals.dumps,
          sizeBytes: totals.sizeBytes,
          avgDurationSec: totals.durationUs / totals.dumps / 1e6,
          avgGuestPauseMs: totals.pauses === 0 ? null : totals.pauseUs / totals.pauses / 1e3,
        }));
        return { days, ...fromHere };
      });
    },
    machines(filter: RecordFilter): RecordMachines {
      return selected(filter, (selection) => ({
        machines: selection === null ? [] : listMachines(queries, selection),
        ...fromHere,
      }));
    },
  };
}

import type { Database } from '../../database/database.ts';
import type { RecordCatalogue } from '../dump-records.ts';
import type { PlanLimits } from './queries.ts';
import type { ReadingService } from './reading-service.ts';
import type { WritingService } from './writing-service.ts';

interface SqliteRecordsOptions {
  /** Other limits than the measured ones: for tests, so that few records take every path. */
  readonly limits?: PlanLimits;
}

/** The catalogue of this server: all records in the embedded database. `database` is the caller's to close. */
export async function createSqliteRecords(
  database: Database,
  options: SqliteRecordsOptions = {},
): Promise<RecordCatalogue> {
  const writing = await database.service<WritingService>('records', {
    module: new URL('./writing-service.ts', import.meta.url).href,
    options: null,
  });
  const reading = await database.service<ReadingService>(
    'records',
    { module: new URL('./reading-service.ts', import.meta.url).href, options: { ...options } },
    'read',
  );
  return {
    async append(record) {
      await writing.append([record]);
    },
    get: reading.get,
    page: reading.page,
    count: reading.count,
    stats: reading.stats,
    series: reading.series,
    machines: reading.machines,
  };
}

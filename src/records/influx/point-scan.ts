import type { InfluxClient } from '../../influx/influx-client.ts';
import { isInfluxError } from '../../influx/influx-error.ts';
import type { CheckedFilter } from '../check-query.ts';
import { createInfluxQlReader } from './influxql-reader.ts';
import type { PointEntry } from './point-reader.ts';
import { type ColumnMemory, createSqlReader } from './sql-reader.ts';
import { createDeadline } from './ways.ts';

/** Nobody waits for a page; but a server that is silent is not waited for all day. */
const pageMs = 60_000;

/**
 * All points that a filter means, oldest first, page by page. In SQL, or in InfluxQL over HTTP: both know a time to the
 * nanosecond. InfluxQL over Flight rounds, and a point of another writer would get another id by it.
 */
export async function* readAllPoints(
  client: InfluxClient,
  filter: CheckedFilter,
  limit: number,
): AsyncGenerator<PointEntry, void, void> {
  const columns: ColumnMemory = { complete: null };
  let isSqlKnown = true;
  let after: PointEntry | undefined;
  for (;;) {
    const reading = { order: { by: 'TIME', direction: 'ASC' } as const, after, limit };
    const overHttp = () => createInfluxQlReader(client, 'HTTP', deadline()).read(filter, reading);
    const inSql = () => createSqlReader(client, columns, deadline()).read(filter, reading);
    const page: PointEntry[] = isSqlKnown
      ? await inSql().catch((error: unknown) => {
          if (!isInfluxError(error, 'REFUSED', 'UNREACHABLE', 'NOT_INFLUXDB')) throw error;
          isSqlKnown = false;
          return overHttp();
        })
      : await overHttp();
    for (const entry of page) {
      // Of two points of another writer within one microsecond there is one record.
      if (entry.id !== after?.id) yield entry;
      after = entry;
    }
    if (page.length < limit || after === undefined) return;
  }
}

const deadline = () => createDeadline(performance.now() + pageMs);

import type { DatabaseSync } from 'node:sqlite';
import { transact } from '../../src/database/connection.ts';
import type { Database } from '../../src/database/database.ts';
import type { Json } from '../../src/domain/json.ts';
import { createOutboxWriter } from '../../src/influx/outbox/outbox-writer.ts';

type LineService = ReturnType<typeof openService>;

export const openLineService = (database: Database, maxLines?: number) =>
  database.service<LineService>('lines', {
    module: import.meta.url,
    options: maxLines === undefined ? null : { maxLines },
  });

/** Puts lines into the outbox as an effect of the journal does, in a transaction of its own. */
export function openService(connection: DatabaseSync, options: Json) {
  const { maxLines } = (options ?? {}) as { maxLines?: number };
  const writer = createOutboxWriter(connection, maxLines);
  return {
    enqueue: (key: string, lines: readonly string[]): void => transact(connection, () => writer(key, lines)),
  };
}

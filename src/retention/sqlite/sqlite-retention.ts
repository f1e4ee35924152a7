import type { Database } from '../../database/database.ts';
import type { RetentionStore } from '../retention-store.ts';
import type { RetentionService } from './retention-service.ts';

/** Policies and runs in the embedded database, which is the caller's to close. They are few: one thread does. */
export async function createSqliteRetention(database: Database): Promise<RetentionStore> {
  const service = await database.service<RetentionService>('retention', {
    module: new URL('./retention-service.ts', import.meta.url).href,
    options: null,
  });
  return {
    save: service.save,
    remove: service.remove,
    list: service.list,
    addRun: service.addRun,
    runs: service.runs,
    seen: service.seen,
    lastSeenMs: service.lastSeenMs,
  };
}

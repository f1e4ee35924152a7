import type { Database } from '../../database/database.ts';
import type { Holds } from '../holds.ts';
import type { HoldsService } from './holds-service.ts';

/** Holds in the embedded database, which is the caller's to close. */
export async function createSqliteHolds(database: Database): Promise<Holds> {
  const { hold, release, get, list } = await database.service<HoldsService>('holds', {
    module: new URL('./holds-service.ts', import.meta.url).href,
    options: null,
  });
  return { hold, release, get, list };
}

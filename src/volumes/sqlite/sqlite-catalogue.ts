import type { Database } from '../../database/database.ts';
import type { VolumeCatalogue } from '../catalogue.ts';
import type { VolumeReadingService } from './volume-reading-service.ts';
import type { VolumeWritingService } from './volume-writing-service.ts';

/** The catalogue in the embedded database, which is the caller's to close. */
export async function createSqliteCatalogue(database: Database): Promise<VolumeCatalogue> {
  const writing = await database.service<VolumeWritingService>('volumes', {
    module: new URL('./volume-writing-service.ts', import.meta.url).href,
    options: null,
  });
  const reading = await database.service<VolumeReadingService>(
    'volumes',
    { module: new URL('./volume-reading-service.ts', import.meta.url).href, options: null },
    'read',
  );
  return {
    reserve: writing.reserve,
    change: writing.change,
    remove: writing.remove,
    get: reading.get,
    byName: reading.byName,
    list: reading.list,
  };
}

import type { Database } from '../../database/database.ts';
import type { CaptureCatalogue } from '../captures/capture-catalogue.ts';
import type { CaptureReadingService } from './capture-reading-service.ts';
import type { CaptureWritingService } from './capture-writing-service.ts';

/** The catalogue in the embedded database, which is the caller's to close. */
export async function createSqliteCaptures(database: Database): Promise<CaptureCatalogue> {
  const writing = await database.service<CaptureWritingService>('heaps', {
    module: new URL('./capture-writing-service.ts', import.meta.url).href,
    options: null,
  });
  const reading = await database.service<CaptureReadingService>(
    'heaps',
    { module: new URL('./capture-reading-service.ts', import.meta.url).href, options: null },
    'read',
  );
  return {
    add: writing.add,
    mark: writing.mark,
    delete: writing.delete,
    forget: writing.forget,
    get: reading.get,
    unknown: reading.unknown,
    ofSession: reading.ofSession,
    page: reading.page,
    sessions: reading.sessions,
    deleted: reading.deleted,
  };
}

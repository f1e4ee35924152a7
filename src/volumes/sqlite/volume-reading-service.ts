import type { DatabaseSync } from 'node:sqlite';
import { createVolumeReader } from './volume-rows.ts';

export type VolumeReadingService = ReturnType<typeof openService>;

/** The part of the volumes that lives on the reading thread. The tables are there: the writing part was opened first. */
export function openService(connection: DatabaseSync) {
  return createVolumeReader(connection);
}

import type { DatabaseSync } from 'node:sqlite';
import { createVolumeWriter } from './volume-rows.ts';

export type VolumeWritingService = ReturnType<typeof openService>;

/** The part of the volumes that lives on the writing thread. */
export function openService(connection: DatabaseSync) {
  const { reserve, change, remove } = createVolumeWriter(connection);
  return { reserve, change, remove };
}

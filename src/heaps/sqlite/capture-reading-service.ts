import type { DatabaseSync } from 'node:sqlite';
import { createCaptureReader } from './capture-rows.ts';

export type CaptureReadingService = ReturnType<typeof openService>;

/** The part of the captures that lives on the reading thread. The tables are there: the writing part was opened first. */
export function openService(connection: DatabaseSync) {
  return createCaptureReader(connection);
}

import type { DatabaseSync } from 'node:sqlite';
import { createCaptureWriter } from './capture-rows.ts';

export type CaptureWritingService = ReturnType<typeof openService>;

/** The part of the captures that lives on the writing thread. */
export function openService(connection: DatabaseSync) {
  return createCaptureWriter(connection);
}

import { z } from 'zod';
import type { Json } from '../../domain/json.ts';

const count = z.number().int().nonnegative();

/** What lies beside a snapshot, so that the list of captures can be made from the files alone. Fields are only ever added. */
const manifest = z.object({
  memoir: z.literal('heap'),
  version: z.literal(1),
  id: z.string(),
  /** The operation or upload that brought it. */
  sessionId: z.string(),
  /** Which capture of that session: 0 is the first. */
  index: count,
  service: z.string(),
  targetId: z.string(),
  targetKind: z.enum(['process', 'docker', 'kubernetes', 'upload']),
  container: z.string().nullable(),
  thread: z.string().nullable(),
  nodeVersion: z.string().nullable(),
  /** Captures of one inspector session have it in common: objects have the same ids in them. Null where that is not known. */
  identity: z.string().nullable(),
  actor: z.string(),
  host: z.string(),
  takenAtMs: z.number(),
  /** How long the process was busy with it; null for uploads. */
  stallMs: z.number().nullable(),
  /** Where the process's memory was just before; null for uploads. */
  memory: z
    .object({ usedHeapBytes: count, rssBytes: count, externalBytes: count, arrayBuffersBytes: count })
    .nullable(),
  redacted: z.boolean(),
  folder: z.string(),
  file: z.string(),
  location: z.string(),
  sizeBytes: count,
  rawSizeBytes: count,
  sha256: z.string(),
});

export type HeapCapture = z.infer<typeof manifest>;

/** DAMAGED is what a verification found to be another than was written. */
export type CaptureState = 'AVAILABLE' | 'DAMAGED';

/** A capture, and how it is. */
export interface StoredCapture extends HeapCapture {
  readonly state: CaptureState;
}

/** Null if it is not one of ours, or not one that this version understands. */
export function readHeapCapture(kept: Json | null): HeapCapture | null {
  const parsed = manifest.safeParse(kept);
  return parsed.success ? parsed.data : null;
}

/** What is known before the bytes are written. */
export type CaptureFacts = Omit<
  HeapCapture,
  'memoir' | 'version' | 'location' | 'sizeBytes' | 'rawSizeBytes' | 'sha256'
>;

/** `<UTC time>_<capture id>.heapsnapshot.zst`, in a folder of its session. */
export const captureFile = (id: string, takenAtMs: number): string =>
  `${new Date(takenAtMs).toISOString().replace(/[-:]|\.\d+/g, '')}_${id}.heapsnapshot.zst`;

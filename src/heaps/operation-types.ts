import { z } from 'zod';
import { operationType } from '../operations/operation-type.ts';

const heapCaptureRequest = z.object({
  /** Of the target, as `HeapTargets.find` takes it. */
  target: z.string(),
  targetKind: z.enum(['process', 'docker', 'kubernetes']),
  service: z.string(),
  /** Null for the main thread. */
  thread: z.string().nullable(),
  /** How long after the one before each further snapshot is taken; empty for a single one. */
  waitsMs: z.array(z.number().nonnegative()),
  /** Take it although the memory may not suffice. */
  force: z.boolean(),
  redact: z.boolean(),
  /** The caller's trace, which the capture is a span of. */
  traceparent: z.string().nullable().default(null),
});
export type HeapCaptureRequest = z.infer<typeof heapCaptureRequest>;

const heapCaptureResult = z.object({
  /** Ids of the captures, in the order in which they were taken. */
  captures: z.array(z.string()),
  /** Whether objects can be followed from one to the next: IDENTITY within one inspector session, CLASS otherwise. */
  comparedBy: z.enum(['IDENTITY', 'CLASS']),
  /** Why only by class; null otherwise. */
  reason: z.string().nullable(),
});
export type HeapCaptureResult = z.infer<typeof heapCaptureResult>;

export const heapCaptureType = operationType({
  name: 'HEAP_CAPTURE',
  underWay: 'a heap capture of this process is queued or running',
  request: heapCaptureRequest,
  result: heapCaptureResult,
});

const heapVerifyRequest = z.object({
  captureId: z.string(),
  service: z.string(),
  folder: z.string(),
  file: z.string(),
  sizeBytes: z.number(),
  rawSizeBytes: z.number(),
  sha256: z.string(),
});
export type HeapVerifyRequest = z.infer<typeof heapVerifyRequest>;

const heapVerifyResult = z.object({
  captureId: z.string(),
  intact: z.boolean(),
  /** What is wrong; null for an intact one. */
  damage: z.string().nullable(),
});
export type HeapVerifyResult = z.infer<typeof heapVerifyResult>;

export const heapVerifyType = operationType({
  name: 'HEAP_VERIFY',
  underWay: 'the snapshot is being verified',
  request: heapVerifyRequest,
  result: heapVerifyResult,
});

/** A stored snapshot, which is verified once at a time and not deleted meanwhile. */
export const captureSubject = (captureId: string): string => `heap-capture:${captureId}`;

/** Two captures of one process at a time would stall it twice, and one inspector session would disturb the other. */
export const targetSubject = (targetId: string): string => `heap:${targetId}`;

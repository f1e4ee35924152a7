import { z } from 'zod';
import { namesOf } from '../domain/table.ts';
import { captureMethods } from '../machines/capture.ts';
import { operationType } from '../operations/operation-type.ts';
import { compressions, type DumpRequest, type DumpResult, imageFormats } from './dump-request.ts';
import { dumpKind, reindexKind, verifyKind } from './dumps.ts';

// What the journal keeps of this room's operations. What older versions did not write yet has a default here.

const method = z.enum(namesOf(captureMethods));
const compression = z.enum(namesOf(compressions));
const count = z.number().int().nonnegative();

const dumpRequest = z.object({
  machineId: z.string(),
  machineName: z.string(),
  method: z.enum([...method.options, 'AUTO']),
  format: z.enum(namesOf(imageFormats)),
  compression,
  demo: z.boolean(),
  maxPauseMs: z.number().nullable().default(null),
  imageDigest: z.boolean().default(false),
  traceparent: z.string().nullable().default(null),
}) satisfies z.ZodType<DumpRequest>;

const dumpResult = z.object({
  method,
  methodReason: z.string(),
  vmid: z.string(),
  guestPauseMs: z.number().nullable(),
  capturedAtMs: z.number(),
  folder: z.string(),
  file: z.string(),
  dumpPath: z.string(),
  sizeBytes: count,
  rawSizeBytes: count,
  sha256: z.string(),
  imageSha256: z.string().nullable(),
}) satisfies z.ZodType<DumpResult>;

export const dumpType = operationType({
  name: dumpKind,
  underWay: 'a dump of this machine is queued or running',
  request: dumpRequest,
  result: dumpResult,
});

const verifyRequest = z.object({ dumpId: z.string(), result: dumpResult, compression });
const verifyResult = z.object({
  dumpId: z.string(),
  intact: z.boolean(),
  /** What is wrong; null for an intact one. */
  damage: z.string().nullable(),
  imageSha256: z.string().nullable(),
});
export type VerifyRequest = z.infer<typeof verifyRequest>;
export type VerifyResult = z.infer<typeof verifyResult>;

export const verifyType = operationType({
  name: verifyKind,
  underWay: 'the artifact is being verified',
  request: verifyRequest,
  result: verifyResult,
});

const reindexResult = z.object({
  /** Artifacts with a manifest; the three other counts make it up. */
  found: count,
  added: count,
  known: count,
  broken: count,
  /** The first of the broken ones, each with the reason. */
  faults: z.array(z.object({ location: z.string(), reason: z.string() })),
});
export type ReindexResult = z.infer<typeof reindexResult>;

export const reindexType = operationType({
  name: reindexKind,
  underWay: 'the catalogue is being rebuilt',
  request: z.object({}),
  result: reindexResult,
});

const syncRequest = z.object({ dryRun: z.boolean() });
const syncResult = z.object({
  dryRun: z.boolean(),
  records: count,
  points: count,
  written: count,
  corrected: count,
  imported: count,
  elsewhere: count,
  kept: count,
  refused: count,
  refusal: z.string().nullable(),
});
export type SyncRequest = z.infer<typeof syncRequest>;
export type SyncResult = z.infer<typeof syncResult>;

export const syncType = operationType({
  name: 'RECORDS_SYNC',
  underWay: 'catalogue and InfluxDB are being compared',
  request: syncRequest,
  result: syncResult,
});

import type { ErrorShape } from '../domain/memoir-error.ts';
import type { CaptureOptions, MethodChoice } from '../machines/capture.ts';
import type { Machine } from '../machines/machine.ts';
import type { Operation } from '../operations/operation.ts';
import type { UnwantedArtifacts } from './artifact-tidy.ts';
import type { Compression, ImageFormat } from './dump-request.ts';

export interface TriggerInput {
  /** Names or ids, 1 to 1000. Exclusive with `all`. */
  readonly vms?: readonly string[];
  /** Every machine that is running now. */
  readonly all?: boolean;
  readonly method: MethodChoice;
  readonly format: ImageFormat;
  readonly compression: Compression;
  /** The longest expected pause of a machine: see `pauseLimit`. */
  readonly maxPauseMs?: number;
  /** Take the digest of the uncompressed image too: it costs reading the artifact back. */
  readonly imageDigest?: boolean;
  /** 1 to 200 characters. */
  readonly idempotencyKey?: string;
  /** The trace that asked (W3C Trace Context). */
  readonly traceparent?: string;
}

/** Why one machine of the batch gets no dump; the others are not affected. */
export interface DumpRejection {
  /** As the caller named it. */
  readonly vm: string;
  readonly error: ErrorShape;
  /** The dump that is in the way, for ALREADY_ACTIVE. */
  readonly active: Operation | null;
}

export interface TriggerOutcome {
  readonly accepted: readonly Operation[];
  readonly rejected: readonly DumpRejection[];
}

/** What can be said of a dump before it runs: what the hypervisor forecasts, and whether there is room for the artifact. */
export interface DumpForecast extends CaptureOptions {
  /** Upper bound of the artifact: what is reserved before the capture starts. */
  readonly expectedSizeBytes: number;
  readonly freeBytes: number;
  readonly enoughSpace: boolean;
  /** The dump of this machine that is queued or running. */
  readonly active: Operation | null;
}

/** Kinds of operations that this room brings, and the subject of each. */
export const dumpKind = 'DUMP';
export const verifyKind = 'VERIFY';
export const reindexKind = 'REINDEX';
export const machineSubject = (machineId: string): string => `vm:${machineId}`;
export const catalogueSubject = 'catalogue';
export const artifactSubject = (dumpId: string): string => `artifact:${dumpId}`;

/**
 * The front door of dumps.
 *
 * - `trigger` answers when all accepted dumps are durable; a name twice in the batch is one dump. BAD_INPUT for an empty or
 *   oversized list; HYPERVISOR_UNAVAILABLE when nobody can say which machines there are.
 * - `remove` and `verify` are for COMPLETED dumps (ARTIFACT_MISSING if the file is gone, ALREADY_ACTIVE while a verification runs).
 */
export interface Dumps {
  trigger(input: TriggerInput, actor: string): Promise<TriggerOutcome>;
  cancel(id: string, actor: string): Promise<Operation>;
  /** Removes artifact and manifest, marks the record, says so in the event log. */
  remove(id: string, actor: string): Promise<Operation>;
  /** Starts an operation of kind VERIFY that reads the artifact back and compares digest and frames. */
  verify(id: string, actor: string): Promise<Operation>;
  /** Starts an operation of kind REINDEX that rebuilds the catalogue from the manifests; ALREADY_ACTIVE while one runs. */
  reindex(actor: string): Promise<Operation>;
  /** Artifacts that have no record; null until they were looked for. */
  readonly unwanted: UnwantedArtifacts | null;
  /** Removes those that still have none, and answers which that were. */
  removeUnwanted(): Promise<UnwantedArtifacts>;
  forecast(vm: string): Promise<DumpForecast>;
  /**
   * The same for machines that are known already, in their order: one look at disk and journal for all of them. An error in place of
   * each that cannot be told.
   */
  forecasts(machines: readonly Machine[]): Promise<(DumpForecast | Error)[]>;
}

import type { Json } from '../domain/json.ts';
import type { CaptureMethod } from '../machines/capture.ts';
import type { DumpRecord } from '../records/dump-record.ts';
import type { CommittedArtifact } from '../storage/artifact-store.ts';
import type { Compression, DumpResult, ImageFormat } from './dump-request.ts';

/** What is known of a dump when its bytes are read and the guest is on its way again. */
export interface DumpFacts {
  readonly id: string;
  readonly host: string;
  readonly machineId: string;
  readonly machineName: string;
  readonly vmid: string;
  readonly demo: boolean;
  readonly actor: string;
  readonly method: CaptureMethod;
  readonly methodReason: string;
  readonly format: ImageFormat;
  readonly compression: Compression;
  readonly guestPauseMs: number | null;
  readonly startedAtMs: number;
  readonly capturedAtMs: number;
}

/** What is known of the image itself. */
export interface ImageFacts {
  readonly architecture: string;
  /** Guest-physical ranges, half open, as hexadecimal numbers. */
  readonly memoryRanges: readonly { readonly start: string; readonly end: string }[];
  readonly cpuCount: number;
  readonly rawSizeBytes: number;
  /** What could not be taken into the image, a sentence each. Absent in manifests of earlier versions. */
  readonly warnings?: readonly string[];
}

/**
 * What lies beside an artifact: everything, so that the catalogue can be rebuilt from manifests alone. Fields are only ever
 * added; a reader refuses a `version` that it does not know.
 */
export interface Manifest extends DumpFacts, ImageFacts {
  readonly memoir: 'dump';
  readonly version: 1;
  readonly committedAtUs: number;
  readonly durationSec: number;
  readonly folder: string;
  readonly file: string;
  readonly location: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly imageSha256: string | null;
  readonly ctime: number;
  readonly mtime: number;
  readonly atime: number;
}

export function makeManifest(
  facts: DumpFacts,
  image: ImageFacts,
  proof: CommittedArtifact,
  {
    nowMs,
    durationMs,
    imageSha256,
  }: { readonly nowMs: number; readonly durationMs: number; readonly imageSha256: string | null },
): Manifest {
  const { key, sizeBytes, sha256, location, ctime, mtime, atime } = proof;
  return {
    memoir: 'dump',
    version: 1,
    ...facts,
    ...image,
    committedAtUs: nowMs * 1000,
    durationSec: Math.round(durationMs) / 1000,
    ...key,
    location,
    sizeBytes,
    sha256,
    imageSha256,
    ctime,
    mtime,
    atime,
  };
}

/** The manifest in what lies there; null if it is not one of ours or not one that this version understands. */
export function readManifest(json: Json | null): Manifest | null {
  if (json === null || typeof json !== 'object' || Array.isArray(json)) return null;
  const manifest = json as unknown as Manifest;
  const isOurs = manifest.memoir === 'dump' && manifest.version === 1;
  const isWhole =
    typeof manifest.sha256 === 'string' && Number.isSafeInteger(manifest.sizeBytes) && typeof manifest.id === 'string';
  return isOurs && isWhole ? manifest : null;
}

export function toRecord(manifest: Manifest): DumpRecord {
  return {
    id: manifest.id,
    timeUs: manifest.committedAtUs,
    machineId: manifest.machineId,
    dom: manifest.machineName,
    vmid: manifest.vmid,
    host: manifest.host,
    state: 'AVAILABLE',
    sha256: manifest.sha256,
    imageSha256: manifest.imageSha256,
    durationSec: manifest.durationSec,
    sizeBytes: manifest.sizeBytes,
    rawSizeBytes: manifest.rawSizeBytes,
    ctime: manifest.ctime,
    mtime: manifest.mtime,
    atime: manifest.atime,
    dumpPath: manifest.location,
    format: manifest.format,
    compression: manifest.compression,
    method: manifest.method,
    guestPauseMs: manifest.guestPauseMs,
    demo: manifest.demo,
  };
}

export function toResult(manifest: Manifest): DumpResult {
  const { method, methodReason, vmid, guestPauseMs, capturedAtMs, folder, file, sizeBytes, rawSizeBytes } = manifest;
  const { sha256, imageSha256, location: dumpPath } = manifest;
  return {
    method,
    methodReason,
    vmid,
    guestPauseMs,
    capturedAtMs,
    folder,
    file,
    dumpPath,
    sizeBytes,
    rawSizeBytes,
    sha256,
    imageSha256,
  };
}

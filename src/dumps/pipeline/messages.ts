import type { ErrorShape } from '../../domain/memoir-error.ts';
import type { ModuleReference } from '../../domain/module-reference.ts';
import type { ArtifactKey } from '../../storage/artifact-store.ts';
import type { Compression, ImageFormat } from '../dump-request.ts';
import type { DumpFacts, Manifest } from '../manifest.ts';

/** How far a capture is. */
export interface CaptureProgress {
  /** Bytes that came from the source. */
  readonly receivedBytes: number;
  /** Bytes of the image that are in the artifact, of so many; null until the layout is known. */
  readonly doneBytes: number;
  readonly totalBytes: number | null;
  /** Bytes of the artifact. */
  readonly writtenBytes: number;
  /** What the spool takes on the disk. */
  readonly spooledBytes: number;
  /** Bytes that were read back for their digest: the last stage of a commit. */
  readonly digestedBytes: number;
}

/** What a capture thread is to do: plain data, and references to the implementations that it loads. */
export interface CaptureJob {
  readonly source: ModuleReference;
  readonly store: ModuleReference;
  readonly key: ArtifactKey;
  /** Bytes that must be free before anything begins. */
  readonly expectedBytes: number;
  readonly format: ImageFormat;
  readonly compression: Compression;
  /** Whether the digest of the uncompressed image is taken, from what was written. */
  readonly imageDigest?: boolean;
  readonly spoolFolder: string;
  /** Most that may wait in the spool. */
  readonly spoolBytes: number;
}

/** To the capture thread. */
export type CaptureCommand =
  /** Open store and source of the one job this thread has. Answered by READY. */
  | { readonly type: 'OPEN'; readonly job: CaptureJob }
  /** The hypervisor's side ended well too, `elapsedMs` after the dump began: complete and commit. Answered by COMMITTED. */
  | { readonly type: 'FINISH'; readonly facts: DumpFacts; readonly elapsedMs: number }
  /** Stop, leave nothing. Answered by FAILED, or by COMMITTED if the commit could not be stopped any more. */
  | { readonly type: 'ABORT'; readonly error: ErrorShape };

/** From the capture thread. */
export type CaptureReport =
  | { readonly type: 'READY' }
  | { readonly type: 'PROGRESS'; readonly progress: CaptureProgress }
  /** The source was read to its end and was whole; the guest is not waiting for us any more. */
  | { readonly type: 'DRAINED' }
  | { readonly type: 'COMMITTED'; readonly manifest: Manifest }
  /** The end: nothing is left on disk. */
  | { readonly type: 'FAILED'; readonly error: ErrorShape };

import type { Closable } from '../domain/closable.ts';
import type { Operation } from '../operations/operation.ts';
import type { AllocationNode } from './allocation-profile.ts';
import type { HeapDiff } from './analysis/diff.ts';
import type { HeapObject } from './analysis/object-list.ts';
import type { HeapSummary } from './analysis/summary.ts';
import type { CapturePage, CaptureSession } from './captures/capture-catalogue.ts';
import type { StoredCapture } from './captures/heap-capture.ts';
import type { TargetThread } from './heap-session.ts';
import type { HeapTarget, TargetFilter, TargetKind } from './heap-target.ts';
import type { HeapMemory, Preflight } from './preflight.ts';

/** A place that could not be asked for its processes. */
export interface UnreachablePlace {
  readonly kind: TargetKind;
  readonly reason: string;
}

/** What a capture would mean for a process, before it is taken. */
export interface HeapOptions extends Preflight {
  readonly target: HeapTarget;
  readonly memory: HeapMemory;
  readonly threads: readonly TargetThread[];
}

/** Pods of a cluster by their labels. */
export interface PodSelection {
  /** `app=shop,tier!=test` */
  readonly selector: string;
  /** The server's own if absent. */
  readonly namespace?: string;
  readonly container?: string;
}

export interface HeapCaptureInput {
  /** An id of `targets`, a pid, or a name; or `pods`, never both. */
  readonly target?: string;
  /** Instead of a target: the one Node.js process in the pods with these labels. */
  readonly pods?: PodSelection;
  /** What the service is called; the target's own name unless told. */
  readonly service?: string;
  readonly thread?: string;
  /** Seconds after the snapshot before, for each further one; none for a single snapshot. */
  readonly waitsSec?: readonly number[];
  readonly force?: boolean;
  /** Unless told as the server is set. */
  readonly redact?: boolean;
  readonly idempotencyKey?: string;
  /** The caller's trace (W3C Trace Context). */
  readonly traceparent?: string;
}

/**
 * The front door of heap captures.
 *
 * - `capture` answers when the operation is durable; ALREADY_ACTIVE while another captures the same process.
 * - `options` and `sample` open the process's inspector for a moment and close it again; they stall nothing.
 * - `summary` and `diff` read a snapshot the first time and are kept; `retainers`, `objects` and `path` read it when another
 *   was asked about before. A signal ends the reading, unless others wait for the same summary or diff.
 */
export interface Heaps extends Closable {
  targets(
    filter: TargetFilter,
    signal: AbortSignal,
  ): Promise<{ readonly targets: readonly HeapTarget[]; readonly unreachable: readonly UnreachablePlace[] }>;
  options(target: string, signal: AbortSignal): Promise<HeapOptions>;
  sample(target: string, durationMs: number, signal: AbortSignal): Promise<AllocationNode>;
  capture(input: HeapCaptureInput, actor: string): Promise<Operation>;
  cancel(id: string, actor: string): Promise<Operation>;
  /** Newest first, from the catalogue. */
  captures(page: CapturePage): Promise<readonly StoredCapture[]>;
  capturesOf(sessionId: string): Promise<readonly StoredCapture[]>;
  find(id: string): Promise<StoredCapture>;
  sessions(page: CapturePage): Promise<readonly CaptureSession[]>;
  /** Deletes artifact and manifest for good. */
  remove(id: string): Promise<StoredCapture>;
  /** Starts to read a stored snapshot back; the operation completes with what it finds. */
  verify(id: string, actor: string): Promise<Operation>;
  summary(id: string, signal?: AbortSignal): Promise<HeapSummary>;
  diff(beforeId: string, afterId: string, signal?: AbortSignal): Promise<HeapDiff>;
  retainers(id: string, node: number, first: number, signal?: AbortSignal): Promise<readonly HeapObject[]>;
  objects(id: string, classKey: string, first: number, signal?: AbortSignal): Promise<readonly HeapObject[]>;
  path(id: string, node: number, signal?: AbortSignal): Promise<readonly HeapObject[]>;
  /** The `.heapsnapshot` itself, as DevTools opens it. */
  content(id: string): AsyncIterable<Uint8Array>;
  /** Stores a snapshot that was taken elsewhere. The same session and phase again replaces nothing and answers what is there. */
  upload(input: UploadInput, content: AsyncIterable<Uint8Array>, actor: string): Promise<StoredCapture>;
}

/** What the old tool's clients send beside a file. */
export interface UploadInput {
  readonly service: string;
  readonly container: string | null;
  /** Groups the captures of one run. */
  readonly session: string;
  readonly phase: 'before' | 'after' | number;
  readonly takenAtMs?: number;
  readonly redact?: boolean;
}

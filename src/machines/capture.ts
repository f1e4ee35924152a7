import type { ErrorCode } from '../domain/error-catalogue.ts';
import type { ModuleReference } from '../domain/module-reference.ts';
import type { Machine } from './machine.ts';

/** How memory is captured. */
export const captureMethods = {
  SNAPSHOT: {
    label: 'Snapshot',
    description: 'QEMU background snapshot: the guest pauses for milliseconds and goes on while its memory is read.',
  },
  CORE_DUMP: {
    label: 'Core dump',
    description: 'Memory-only core dump: the guest is paused for as long as its memory takes to be read.',
  },
} as const satisfies Record<string, { label: string; description: string }>;

export type CaptureMethod = keyof typeof captureMethods;
/** AUTO takes SNAPSHOT where it is possible and safe, CORE_DUMP otherwise. */
export type MethodChoice = CaptureMethod | 'AUTO';

/** What a capture may cost its machine. */
export interface CaptureLimits {
  /** The longest expected pause; null or absent for any. */
  readonly maxPauseMs?: number | null;
}

/** Something that blocks a capture method. */
export interface CaptureBlocker {
  readonly method: CaptureMethod;
  readonly code: ErrorCode;
  /** A sentence for a person: what, and what would help. */
  readonly reason: string;
}

/** One method as it would go now. */
export interface MethodForecast {
  readonly method: CaptureMethod;
  readonly possible: boolean;
  /** Expected pause of the guest; null where nothing is known. */
  readonly expectedPauseMs: number | null;
}

/** What a capture of this machine would be like, before anything runs. */
export interface CaptureOptions {
  readonly machine: Machine;
  readonly methods: readonly MethodForecast[];
  readonly blockers: readonly CaptureBlocker[];
  /** What AUTO would take, and why; null where nothing is possible. */
  readonly automatic: CaptureMethod | null;
  readonly automaticReason: string;
  /** Size of the uncompressed image, before headers: the guest's memory. */
  readonly memoryBytes: number;
}

/** A decision that `capture` carries out. */
export interface CapturePlan {
  readonly machine: Machine;
  readonly method: CaptureMethod;
  /** Why this method: shown with the dump for ever after. */
  readonly reason: string;
  readonly memoryBytes: number;
  /** Bytes that the source reserves on this host's disk before its first byte; absent where it reserves none. */
  readonly reservedBytes?: number;
  /** Where the bytes will have to be read from, made by the implementation, opened by the reader's thread. */
  readonly source: ModuleReference;
}

/**
 * The reading side of a capture, provided by whoever wants the bytes. It lives on another thread; these are its strings.
 *
 * Order: `open` (the source is listening, so that a writer never finds nobody), then the implementation starts the capture,
 * then `drained` (the source was read to its end and was whole). The reader reads as fast as bytes come, without waiting for
 * compressor or disk: a guest may be paused for as long as the reading takes.
 */
export interface CaptureReader {
  /** Opens the plan's source on the reader's thread. Rejects with a MemoirError when that is not possible. */
  open(): Promise<void>;
  /** Settles when the source ended: resolves if it was read whole, rejects (STREAM_INVALID, CAPTURE_FAILED…) if not. */
  readonly drained: Promise<void>;
  /**
   * Says that something was seen to move on the hypervisor's side while no byte comes from there: its own count of the
   * dump, a file that grows, the preparation of a snapshot. A capture that is not said to move is ended as stalled.
   */
  moved(): void;
  /** Ends the reading at once; `drained` rejects. Called by the implementation when its side has failed. */
  abandon(): void;
}

/** What is known when a capture has ended well. */
export interface CaptureOutcome {
  /** How long the guest did not execute because of us; null if that could not be measured. */
  readonly guestPauseMs: number | null;
  /** Epoch milliseconds of the moment that the image shows. */
  readonly capturedAtMs: number;
}

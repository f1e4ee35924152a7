import type { HeapCapture, StoredCapture } from './heap-capture.ts';

/** Captures that belong together: those of one operation or upload session. */
export interface CaptureSession {
  readonly id: string;
  readonly service: string;
  /** In the order in which they were taken. */
  readonly captures: readonly StoredCapture[];
}

export interface CapturePage {
  readonly service?: string | undefined;
  /** 1 to 500. */
  readonly limit: number;
  readonly offset?: number;
}

/**
 * Which captures there are. Everything in it is made from the manifests beside the artifacts, so it can be lost and made
 * again. Every call may be repeated. Pages are read from an index, however many captures there are; newest first. What is
 * DELETED is not shown, and stays known until its file is gone.
 */
export interface CaptureCatalogue {
  /** Adds what is not known yet; what is known, also as deleted, stays as it is. Answers how many were added. */
  add(captures: readonly HeapCapture[]): Promise<number>;
  /** In the order of `ids`; null for what is not known or deleted. */
  get(ids: readonly string[]): Promise<(StoredCapture | null)[]>;
  ofSession(sessionId: string): Promise<StoredCapture[]>;
  page(page: CapturePage): Promise<StoredCapture[]>;
  sessions(page: CapturePage): Promise<CaptureSession[]>;
  /** False if it is not known, or deleted. */
  mark(id: string, state: StoredCapture['state']): Promise<boolean>;
  /** From now on it is not shown, and `deleted` names it. */
  delete(id: string): Promise<void>;
  /** Deleted ones whose files may still be there. */
  deleted(): Promise<HeapCapture[]>;
  /** Forgets one. */
  forget(id: string): Promise<void>;
  /** Which of these ids it knows nothing about. */
  unknown(ids: readonly string[]): Promise<string[]>;
}

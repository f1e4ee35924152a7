import type { Closable } from '../domain/closable.ts';
import type { Hold } from '../records/holds.ts';
import type { Verdict } from './item.ts';
import type { ArtifactKind, PolicySpec, RetentionPolicy } from './policy.ts';
import type { RetentionRun } from './retention-store.ts';

/** What would stay and what would go now. */
export interface RetentionPreview {
  readonly verdicts: readonly Verdict[];
  /** Stands for what goes: a run that is given it removes exactly that, or nothing. */
  readonly fingerprint: string;
  /** Why nothing may be removed now; null if it may. */
  readonly warning: string | null;
}

/**
 * The front door of retention.
 *
 * - `preview` decides with the policies that are kept, or with those that are given in their place; it changes nothing.
 * - `run` decides again and removes what goes, one after the other, each durable by itself: a server that dies in between has removed
 *   some, and the next run decides anew. With a fingerprint that no longer fits: RETENTION_CHANGED, and nothing is removed.
 * - Records of what was removed stay, marked.
 * - `hold` and `release`: NOT_FOUND for what is not there. What is held cannot be deleted by hand either (HELD).
 * - `makeRoom` removes the oldest that may go until so many bytes are free, where policies allow it; answers how many bytes it freed.
 */
export interface Retention extends Closable {
  policies(): Promise<readonly RetentionPolicy[]>;
  /** BAD_INPUT, NAME_TAKEN; NOT_FOUND for an id that is not there. */
  save(id: string | null, spec: PolicySpec): Promise<RetentionPolicy>;
  remove(id: string): Promise<RetentionPolicy>;
  preview(policies?: readonly PolicySpec[]): Promise<RetentionPreview>;
  run(actor: string, fingerprint: string | null): Promise<RetentionRun>;
  /** Newest first; at most 100. */
  runs(limit: number): Promise<readonly RetentionRun[]>;
  /** Calls back after each run that did something, or could not; answers what ends that. */
  watch(listener: () => void): () => void;
  makeRoom(neededBytes: number): Promise<number>;
  hold(kind: ArtifactKind, id: string, reason: string, actor: string): Promise<Hold>;
  release(kind: ArtifactKind, id: string): Promise<Hold>;
  holdsOf(kind: ArtifactKind, ids: readonly string[]): Promise<(Hold | null)[]>;
  holds(): Promise<readonly Hold[]>;
}

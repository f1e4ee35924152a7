import type { ProvidedVolume } from '../volume-provider.ts';

/** What a reconciliation found. */
export interface ReconcileReport {
  readonly atMs: number;
  /** How long it took. */
  readonly tookMs: number;
  readonly volumes: number;
  /** What was put right, one sentence each. */
  readonly repaired: readonly string[];
  /** What could not be put right, one sentence each. */
  readonly problems: readonly string[];
  /** Volumes of our mark at the provider that no catalogue knows; they are never touched. */
  readonly orphans: readonly ProvidedVolume[];
  /** Why the provider could not be asked; null if it was. */
  readonly failure: string | null;
}

import type { PolicySpec, RetentionPolicy } from './policy.ts';

/** One look at what may go. */
export interface RetentionRun {
  readonly seq: number;
  readonly atMs: number;
  /** Who asked for it: a token's name, `retention` for the hourly one, `space` for one before a dump. */
  readonly actor: string;
  readonly removed: number;
  readonly freedBytes: number;
  /** What could not be removed. */
  readonly failed: number;
  /** Why nothing may be removed, or the first failure; null if all is well. */
  readonly warning: string | null;
}

/** Policies and what became of them; each change is durable when it resolves. */
export interface RetentionStore {
  /** A new one, or the one of this id anew. NAME_TAKEN. */
  save(id: string, spec: PolicySpec, atMs: number): Promise<RetentionPolicy>;
  /** Null where there was none. */
  remove(id: string): Promise<RetentionPolicy | null>;
  /** In the order of names. */
  list(): Promise<readonly RetentionPolicy[]>;
  /** Keeps the last thousand. */
  addRun(run: Omit<RetentionRun, 'seq'>): Promise<void>;
  /** Newest first. */
  runs(limit: number): Promise<readonly RetentionRun[]>;
  /** Marks that retention looked at this moment. */
  seen(atMs: number): Promise<void>;
  lastSeenMs(): Promise<number | null>;
}

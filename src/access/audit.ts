import type { Json } from '../domain/json.ts';

/** Something that someone is about to do. */
export interface AuditEntry {
  /** A token's name, or `local`. */
  readonly actor: string;
  /** The mutation's name, or `download`. */
  readonly action: string;
  /** What it is done to or with: never secrets. */
  readonly details: Json;
}

/** An entry as it is kept; numbers rise without a gap. */
export interface AuditRecord extends AuditEntry {
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

export interface AuditPage {
  /** Newest first. */
  readonly records: readonly AuditRecord[];
  readonly hasNext: boolean;
  readonly totalCount: number;
}

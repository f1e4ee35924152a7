import { effectType } from '../database/effect.ts';
import { MemoirError } from '../domain/memoir-error.ts';

/** Somebody’s word that an artifact must not go, by whatever rule or hand, until somebody releases it. */
export interface Hold {
  readonly kind: HeldKind;
  /** Of the dump, or of the heap captures' session. */
  readonly id: string;
  readonly reason: string;
  /** Who said so. */
  readonly actor: string;
  readonly atMs: number;
}
export type HeldKind = 'DUMP' | 'HEAP';

/** Fails the transaction of a removal with HELD where there is a hold: nothing comes between the look and the deed. */
export const refuseHeld = effectType<{ readonly kind: HeldKind; readonly id: string }>('hold.refuse');

/** The holds; each change is durable when it resolves. */
export interface Holds {
  /** A second hold replaces reason and actor. */
  hold(hold: Hold): Promise<void>;
  /** What was released; null where there was none. */
  release(kind: HeldKind, id: string): Promise<Hold | null>;
  /** In the order of `ids`; null for what is not held. */
  get(kind: HeldKind, ids: readonly string[]): Promise<(Hold | null)[]>;
  /** Oldest first. */
  list(): Promise<readonly Hold[]>;
}

export function heldError({ reason, actor, atMs }: Hold): MemoirError {
  const day = new Date(atMs).toISOString().slice(0, 10);
  return new MemoirError('HELD', `it is held by ${actor} since ${day}: ${reason}`, { details: { actor, reason } });
}

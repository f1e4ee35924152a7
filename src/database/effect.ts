import type { DatabaseSync } from 'node:sqlite';
import type { Json } from '../domain/json.ts';

/** Something that has to be written in the same transaction as a transition. Made by an `EffectType`. */
export interface Effect {
  readonly type: string;
  /** Crosses to the database's thread by structured clone; it is not kept. */
  readonly payload: unknown;
}

/** Writes the effects of one type, inside a transaction that the journal has begun. Throwing undoes the whole transition. */
export interface EffectWriter {
  readonly type: string;
  write(payload: unknown): void;
}

/** One type of effect: the value on one side, and its writer on the other, agree on the payload. */
export interface EffectType<Payload> {
  of(payload: Payload): Effect;
  writer(write: (payload: Payload) => void): EffectWriter;
}

export function effectType<Payload>(type: string): EffectType<Payload> {
  return {
    of: (payload) => ({ type, payload }),
    // `of` is the only way to such an effect, so its payload is of this type.
    writer: (write) => ({ type, write: (payload) => write(payload as Payload) }),
  };
}

/**
 * Makes a room's writers on the database's thread. The room exports it from a module as `openEffects`; the composition root
 * names that module.
 */
export type OpenEffects = (
  connection: DatabaseSync,
  options: Json,
) => readonly EffectWriter[] | Promise<readonly EffectWriter[]>;

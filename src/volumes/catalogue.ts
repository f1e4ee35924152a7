import { effectType } from '../database/effect.ts';
import type { ModuleReference } from '../domain/module-reference.ts';
import type { NewVolume, Volume, VolumePatch } from './volume.ts';

/** Changes a volume in the transaction that completes an operation on it; a null patch forgets it. */
export const changeVolume = effectType<{ readonly id: string; readonly patch: VolumePatch | null }>('volume.change');

/** The writers of these effects, for the journal. */
export const volumeEffectWriters: ModuleReference = {
  module: new URL('./sqlite/volume-effect-writers-service.ts', import.meta.url).href,
  options: null,
};

/**
 * The volumes that there are to be, and where each one is. The constraints are the database's, whoever writes: one volume of a name
 * (NAME_TAKEN), one live attachment of a volume, one volume of a device (DEVICE_AMBIGUOUS).
 */
export interface VolumeCatalogue {
  /** Durable before anything is asked of a provider. Once more with the same id is the same volume. */
  reserve(volume: NewVolume, atMs: number): Promise<Volume>;
  /** Null if there is none of this id, or `ifVersion` is given and it was changed meanwhile. */
  change(id: string, patch: VolumePatch, atMs: number, ifVersion?: number): Promise<Volume | null>;
  /** Whether there was one. */
  remove(id: string, ifVersion?: number): Promise<boolean>;
  /** Null where there is none. */
  get(id: string): Promise<Volume | null>;
  byName(name: string): Promise<Volume | null>;
  /** In the order of names. */
  list(): Promise<readonly Volume[]>;
}

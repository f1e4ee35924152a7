import { effectType } from '../database/effect.ts';
import type { ModuleReference } from '../domain/module-reference.ts';
import type { DumpRecord, RecordState } from './dump-record.ts';

/** The record of a dump, in the transaction that completes it. One that is there already is left as it is. */
export const appendRecord = effectType<DumpRecord>('record.append');

/**
 * What became of an artifact, and the digest of its image where that was taken since. A record that is not there is no
 * failure: what is to be said of the artifact stays true, and the journal must be able to say it. Nor is a transition that
 * `recordTransitions` does not have: it changes nothing.
 */
export const markRecord = effectType<{
  readonly id: string;
  readonly state: RecordState;
  readonly imageSha256?: string | null;
}>('record.mark');

/** Their writers, for the journal; where there is an InfluxDB, they also fix each record's lines for it. */
export function recordEffectWriters(options: { readonly publish: boolean }): ModuleReference {
  return { module: new URL('./record-effect-writers.ts', import.meta.url).href, options };
}

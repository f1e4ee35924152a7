import type { DatabaseSync } from 'node:sqlite';
import type { EffectWriter } from '../../database/effect.ts';
import { changeVolume } from '../catalogue.ts';
import { createVolumeWriter } from './volume-rows.ts';

/** Runs inside of the transaction that completes an operation. */
export function openEffects(connection: DatabaseSync): EffectWriter[] {
  const writer = createVolumeWriter(connection);
  return [
    changeVolume.writer(({ id, patch }) => {
      if (patch === null) writer.removeWithin(id);
      else writer.changeWithin(id, patch, Date.now());
    }),
  ];
}

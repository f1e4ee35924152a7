import { effectType } from '../database/effect.ts';
import type { Operation } from './operation.ts';

/** Brings back an operation that was over before this journal began; one that the journal knows is left as it is. */
export const restoreOperation = effectType<Operation>('operation.restore');

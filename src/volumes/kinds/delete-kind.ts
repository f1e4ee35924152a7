import { isMemoirError, MemoirError, toErrorShape } from '../../domain/memoir-error.ts';
import type { OperationKind } from '../../operations/operation-kind.ts';
import { changeVolume } from '../catalogue.ts';
import { deleteType, type PlainRequest, type VolumeResult } from '../operation-types.ts';
import { resultOf, type VolumeParts, volumeKind, volumeOf } from './volume-kind.ts';

/** Deletes a volume with its bytes. Only one that is attached nowhere and exported nowhere. */
export function createDeleteKind(parts: VolumeParts): OperationKind<PlainRequest, VolumeResult> {
  return volumeKind(deleteType, parts, async (run) => {
    const { context, catalogue, provider, signal, nowMs } = run;
    const { volumeId } = context.request;
    const volume = await volumeOf(catalogue, volumeId);
    if (volume.attachment !== null)
      throw new MemoirError('VOLUME_IN_USE', `volume ${volume.name} is attached to ${volume.attachment.machineName}`);
    if (volume.export !== null) throw new MemoirError('VOLUME_IN_USE', `volume ${volume.name} is exported`);
    await catalogue.change(volumeId, { state: 'DELETING' }, nowMs());
    try {
      await run.step('deleting', `Deleting ${volume.name}`);
      await provider.delete(volumeId, signal);
      run.reached?.('VOLUME_DELETE deleted');
    } catch (error) {
      // Refused: it is there as before. Anything else is found out by reconciliation.
      const isRefused = isMemoirError(error, 'VOLUME_IN_USE') || isMemoirError(error, 'PROVIDER_REFUSED');
      const patch = isRefused ? ({ state: 'AVAILABLE' } as const) : {};
      await catalogue.change(volumeId, { ...patch, problem: toErrorShape(error) }, nowMs());
      throw error;
    }
    return {
      result: resultOf(volumeId),
      message: 'Volume deleted successfully',
      effects: [changeVolume.of({ id: volumeId, patch: null })],
    };
  });
}

import type { OperationKind } from '../../operations/operation-kind.ts';
import { changeVolume } from '../catalogue.ts';
import { type ResizeRequest, resizeType, type VolumeResult } from '../operation-types.ts';
import { resultOf, type VolumeParts, volumeKind, volumeOf } from './volume-kind.ts';

/** Makes a volume larger; a machine that has it sees the new size. */
export function createResizeKind(parts: VolumeParts): OperationKind<ResizeRequest, VolumeResult> {
  return volumeKind(resizeType, parts, async (run) => {
    const { context, catalogue, provider, finder, names, signal } = run;
    const { volumeId, sizeBytes } = context.request;
    const volume = await volumeOf(catalogue, volumeId);
    await run.step('resizing', `Resizing ${volume.name} to ${sizeBytes} bytes`);
    const resized = await provider.resize(volumeId, sizeBytes, signal);
    run.reached?.('VOLUME_RESIZE resized');
    const device = volume.device && (await finder.verified(volume).catch(() => null));
    if (device) await names.set(volume.name, device);
    return {
      result: resultOf(volumeId, { devicePath: volume.device?.path ?? null }),
      message: 'Volume resized successfully',
      effects: [changeVolume.of({ id: volumeId, patch: { sizeBytes: resized.sizeBytes } })],
    };
  });
}

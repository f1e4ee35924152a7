import { MemoirError } from '../../domain/memoir-error.ts';
import type { OperationKind } from '../../operations/operation-kind.ts';
import { sameDevice } from '../devices/block-device.ts';
import { proveEmpty } from '../filesystem/emptiness.ts';
import { makeExt4, signatureOf } from '../filesystem/ext4.ts';
import { openDevice } from '../filesystem/open-device.ts';
import { formatType, type PlainRequest, type VolumeResult } from '../operation-types.ts';
import { resultOf, type VolumeParts, volumeKind, volumeOf } from './volume-kind.ts';

/**
 * Makes an ext4 of the volume's own UUID on its device, which has to be proven: it is the volume, nothing uses it, nothing is recognised on it, and
 * nobody has written to it. A volume that has its file system already is left alone, so it can be repeated.
 */
export function createFormatKind(parts: VolumeParts): OperationKind<PlainRequest, VolumeResult> {
  return volumeKind(formatType, parts, async (run) => {
    const { context, catalogue, provider, finder, names, signal } = run;
    const { volumeId } = context.request;
    const volume = await volumeOf(catalogue, volumeId);
    const { name } = volume;
    if (provider.kind === 'demo')
      throw new MemoirError('NOT_CONFIGURED', `volume ${name} is simulated: there is no device to format`);
    if (volume.export !== null) throw new MemoirError('VOLUME_IN_USE', `volume ${name} is exported`);
    await run.step('checking', `Checking that ${name} is empty`);
    const device = await finder.verified(volume);
    // A map that the name leads to would hold it.
    await names.remove(name);
    try {
      await finder.release(volume, signal);
    } catch (error) {
      await names.set(name, device);
      throw error;
    }
    const opened = await openDevice(device);
    try {
      const found = await signatureOf(opened, signal);
      if (found?.UUID !== volumeId) {
        if (found !== null)
          throw new MemoirError(
            'VOLUME_NOT_EMPTY',
            `volume ${name} holds data: ${found.TYPE ?? found.PTTYPE ?? 'a signature'}`,
          );
        await proveEmpty(name, opened, device.sizeBytes, signal);
        await run.step('formatting', `Formatting ${name}`);
        // What is behind the handle is what was proven empty; this says that it is the volume still.
        if (!sameDevice(await finder.verified(volume), device))
          throw new MemoirError('DEVICE_CHANGED', `the device of ${name} was exchanged while it was read`);
        await makeExt4(opened, volumeId, signal);
      }
      run.reached?.('VOLUME_FORMAT formatted');
    } finally {
      await opened.close();
      await names.set(name, device);
    }
    return {
      result: resultOf(volumeId, { devicePath: device.path }),
      message: 'Volume formatted successfully',
      effects: [],
    };
  });
}

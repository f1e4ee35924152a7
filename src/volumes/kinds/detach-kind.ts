import { isMemoirError, MemoirError, toErrorShape } from '../../domain/memoir-error.ts';
import type { OperationKind } from '../../operations/operation-kind.ts';
import { changeVolume } from '../catalogue.ts';
import { detachType, type MachineRequest, type VolumeResult } from '../operation-types.ts';
import type { Volume } from '../volume.ts';
import { resultOf, type VolumeParts, type VolumeRun, volumeKind, volumeOf } from './volume-kind.ts';

type Run = VolumeRun<MachineRequest>;

/**
 * Detaches a volume that nothing on this host uses, after its device was flushed. It is done when the machine has released the device and, where that was this host's, no device of it is left: a
 * device that stays would be the next volume's by name or number.
 */
export function createDetachKind(parts: VolumeParts): OperationKind<MachineRequest, VolumeResult> {
  return volumeKind(detachType, parts, async (run) => {
    const { context, catalogue, provider, finder, names, signal, nowMs } = run;
    const { volumeId, machineId, machineName } = context.request;
    const volume = await volumeOf(catalogue, volumeId);
    if (volume.export !== null) throw new MemoirError('VOLUME_IN_USE', `volume ${volume.name} is exported`);
    if (provider.isHere(machineId)) await finder.release(volume, signal);
    run.reached?.('VOLUME_DETACH released');
    await catalogue.change(volumeId, { state: 'DETACHING' }, nowMs());
    try {
      await run.step('detaching', `Detaching ${volume.name} from ${machineName}`);
      const provided = await provider.detach({ mark: volumeId, machineId }, signal);
      run.reached?.('VOLUME_DETACH detached');
      if (provided.attachedTo.length > 0)
        throw new MemoirError(
          'VOLUME_IN_USE',
          `volume ${volume.name} is attached to machine ${provided.attachedTo[0]}`,
        );
      await names.remove(volume.name);
      run.reached?.('VOLUME_DETACH unnamed');
      if (provider.isHere(machineId)) await finder.left(volume, signal);
      const patch = { state: 'AVAILABLE', attachment: null, device: null, problem: null } as const;
      return {
        result: resultOf(volumeId),
        message: 'Volume detached successfully',
        effects: [changeVolume.of({ id: volumeId, patch })],
      };
    } catch (error) {
      await settle(run, volume, error);
      throw error;
    }
  });
}

/** A guest that refused has the disk as before. Of anything else only reconciliation knows how it ended. */
async function settle({ catalogue, nowMs }: Run, volume: Volume, error: unknown): Promise<void> {
  const asBefore = isMemoirError(error, 'DETACH_REFUSED');
  const patch = asBefore ? ({ state: 'ATTACHED', problem: null } as const) : { problem: toErrorShape(error) };
  await catalogue.change(volume.id, patch, nowMs());
}

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
    const { context, catalogue, provider, finder, signal, nowMs } = run;
    const { volumeId, machineId, machineName } = context.request;
    const volume = await volumeOf(catalogue, volumeId);
    if (volume.export !== null) throw new MemoirError('VOLUME_IN_USE', `volume ${volume.name} is exported`);
    if (provider.isHere(machineId)) await release(run, volume);
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

/** The name goes first: a map of the device holds it, and nobody is to open it any more. It comes back where the device stays. */
async function release(run: Run, volume: Volume): Promise<void> {
  await run.names.remove(volume.name);
  run.reached?.('VOLUME_DETACH unnamed');
  try {
    await run.finder.release(volume, run.signal);
  } catch (error) {
    await nameAgain(run, volume);
    throw error;
  }
}

async function nameAgain({ names, finder }: Run, volume: Volume): Promise<void> {
  const device = volume.device && (await finder.verified(volume).catch(() => null));
  if (device) await names.set(volume.name, device);
}

/** A guest that refused has the disk as before. Of anything else only reconciliation knows how it ended. */
async function settle(run: Run, volume: Volume, error: unknown): Promise<void> {
  const { catalogue, nowMs } = run;
  const asBefore = isMemoirError(error, 'DETACH_REFUSED');
  if (asBefore) await nameAgain(run, volume);
  const patch = asBefore ? ({ state: 'ATTACHED', problem: null } as const) : { problem: toErrorShape(error) };
  await catalogue.change(volume.id, patch, nowMs());
}

import { MemoirError, toErrorShape } from '../../domain/memoir-error.ts';
import type { OperationKind } from '../../operations/operation-kind.ts';
import { changeVolume } from '../catalogue.ts';
import { attachType, type MachineRequest, type VolumeResult } from '../operation-types.ts';
import { toMapping } from '../reconcile/to-mapping.ts';
import type { DeviceMapping, Volume } from '../volume.ts';
import type { ProvidedVolume } from '../volume-provider.ts';
import { compensationSignal, resultOf, type VolumeParts, type VolumeRun, volumeKind, volumeOf } from './volume-kind.ts';

type Run = VolumeRun<MachineRequest>;

/**
 * Attaches a volume to a machine and, where that machine's devices are this host's, finds its device. If the device cannot be shown to be
 * the volume it is detached again: nobody was told of it yet.
 */
export function createAttachKind(parts: VolumeParts): OperationKind<MachineRequest, VolumeResult> {
  return volumeKind(attachType, parts, async (run) => {
    const { context, provider } = run;
    const { volumeId, machineId, machineName } = context.request;
    const volume = await intend(run);
    try {
      await run.step('attaching', `Attaching ${volume.name} to ${machineName}`);
      const provided = await attach(run, volume);
      run.reached?.('VOLUME_ATTACH attached');
      const seen: Volume = { ...volume, serial: provided.serial, sizeBytes: provided.sizeBytes };
      const device = provider.isHere(machineId) ? await findDevice(run, seen) : null;
      const { providerId, sizeBytes, serial } = provided;
      const patch = { state: 'ATTACHED', problem: null, providerId, sizeBytes, serial, device } as const;
      return {
        result: resultOf(volumeId, { devicePath: device?.path ?? null }),
        message: 'Volume attached successfully',
        effects: [changeVolume.of({ id: volumeId, patch })],
      };
    } catch (error) {
      await undo(run, volume, error);
      throw error;
    }
  });
}

/** Writes down what is going to be done, before it is done. */
async function intend({ context, catalogue, finder, provider, signal, nowMs }: Run): Promise<Volume> {
  const { volumeId, machineId, machineName } = context.request;
  const volume = await volumeOf(catalogue, volumeId);
  const { attachment } = volume;
  if (attachment !== null && attachment.machineId !== machineId)
    throw new MemoirError('VOLUME_IN_USE', `volume ${volume.name} is attached to ${attachment.machineName}`);
  if (volume.export !== null && attachment === null)
    throw new MemoirError('VOLUME_IN_USE', `volume ${volume.name} is exported`);
  if (volume.state === 'CREATING' || volume.state === 'DELETING')
    throw new MemoirError('VOLUME_IN_USE', `volume ${volume.name} is ${volume.state.toLowerCase()}`);
  const isHere = provider.isHere(machineId);
  // A device of an earlier attachment that never went away would be taken for the new one.
  if (attachment === null && isHere) {
    const described = await provider.describe(volumeId, signal);
    const [device] = described?.attachedTo.length === 0 ? await finder.leftOver(volume) : [];
    if (device !== undefined)
      throw new MemoirError(
        'DEVICE_AMBIGUOUS',
        `${device.path} is left over from an earlier attachment of ${volume.name}`,
      );
  }
  // A repetition keeps what was written down before the first attempt: the device may be there by now.
  const since = attachment ?? { newerThan: isHere ? await finder.newestDiskseq() : null, boot: finder.boot };
  const { newerThan, boot } = since;
  const patch = {
    state: 'ATTACHING',
    attachment: { machineId, machineName, sinceMs: nowMs(), newerThan, boot },
  } as const;
  return (await catalogue.change(volumeId, patch, nowMs())) ?? volume;
}

/** An answer may be lost: what counts is what the provider says afterwards. */
async function attach({ context, provider, signal }: Run, { id }: Volume): Promise<ProvidedVolume> {
  const { machineId } = context.request;
  try {
    return await provider.attach({ mark: id, machineId }, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    const described = await provider.describe(id, signal).catch(() => null);
    if (described?.attachedTo.includes(machineId)) return described;
    throw error;
  }
}

async function findDevice(run: Run, volume: Volume): Promise<DeviceMapping> {
  const { catalogue, finder, names, nowMs, signal } = run;
  await run.step('finding-device', `Looking for the device of ${volume.name}`);
  const device = await finder.appeared(volume, signal);
  const mapping = toMapping(device, finder.boot, nowMs());
  // The constraint is checked here, while the attachment can still be undone.
  await catalogue.change(volume.id, { device: mapping, serial: volume.serial }, nowMs());
  run.reached?.('VOLUME_ATTACH mapped');
  await names.set(volume.name, mapping);
  run.reached?.('VOLUME_ATTACH named');
  return mapping;
}

async function undo(
  { context, provider, catalogue, names, nowMs }: Run,
  volume: Volume,
  error: unknown,
): Promise<void> {
  const { machineId } = context.request;
  const problem = toErrorShape(error);
  try {
    await names.remove(volume.name);
    const provided = await provider.detach({ mark: volume.id, machineId }, compensationSignal());
    const isElsewhere = provided.attachedTo.length > 0;
    const patch = {
      state: 'AVAILABLE',
      attachment: null,
      device: null,
      problem: isElsewhere ? problem : null,
    } as const;
    await catalogue.change(volume.id, patch, nowMs());
  } catch (undoing) {
    // What became of it is found out by reconciliation.
    const isGone = undoing instanceof MemoirError && undoing.code === 'NOT_FOUND';
    const patch = isGone ? ({ state: 'AVAILABLE', attachment: null, device: null } as const) : {};
    await catalogue.change(volume.id, { ...patch, problem }, nowMs());
  }
}

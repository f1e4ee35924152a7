import { MemoirError } from '../../domain/memoir-error.ts';
import type { OperationKind } from '../../operations/operation-kind.ts';
import { changeVolume } from '../catalogue.ts';
import { type ExportSource, sourceAt } from '../exports/volume-exports.ts';
import {
  type ExportRequest,
  exportType,
  type PlainRequest,
  unexportType,
  type VolumeResult,
} from '../operation-types.ts';
import type { Volume } from '../volume.ts';
import { compensationSignal, resultOf, type VolumeParts, volumeKind, volumeOf } from './volume-kind.ts';

/** Shows a volume's bytes over NBD: those of its device on this host, or where it is attached nowhere those that the provider keeps here. */
export function createExportKind(parts: VolumeParts): OperationKind<ExportRequest, VolumeResult> {
  return volumeKind(exportType, parts, async (run) => {
    const { context, catalogue, exports, nowMs } = run;
    const { volumeId, writable } = context.request;
    const volume = await volumeOf(catalogue, volumeId);
    // Whoever writes beside a mounted file system destroys it.
    if (writable) await run.finder.release(volume, run.signal);
    await run.step('exporting', `Exporting ${volume.name}`);
    const { name, uri } = await exports.add(volume, writable, () => verifiedSource(run, volume));
    run.reached?.('VOLUME_EXPORT added');
    const patch = { export: { name, uri, writable, sinceMs: nowMs() } } as const;
    return {
      result: resultOf(volumeId, { devicePath: volume.device?.path ?? null, uri }),
      message: 'Volume exported successfully',
      effects: [changeVolume.of({ id: volumeId, patch })],
    };
  });
}

/** Ends it: clients get a moment to leave. */
export function createUnexportKind(parts: VolumeParts): OperationKind<PlainRequest, VolumeResult> {
  return volumeKind(unexportType, parts, async (run) => {
    const { context, catalogue, exports, signal } = run;
    const { volumeId } = context.request;
    const volume = await volumeOf(catalogue, volumeId);
    await run.step('removing-export', `Removing the export of ${volume.name}`);
    await exports.remove(volumeId, signal);
    run.reached?.('VOLUME_UNEXPORT removed');
    return {
      result: resultOf(volumeId),
      message: 'Export removed successfully',
      effects: [changeVolume.of({ id: volumeId, patch: { export: null } })],
    };
  });
}

/** The bytes of a volume, shown to be its own by this call. */
export async function verifiedSource(
  { provider, finder }: Pick<VolumeParts, 'provider' | 'finder'>,
  volume: Volume,
): Promise<ExportSource> {
  if (volume.device !== null) {
    const device = await finder.verified(volume);
    return sourceAt(device.path, device.rdev, 'raw');
  }
  if (volume.attachment !== null)
    throw new MemoirError('VOLUME_IN_USE', `volume ${volume.name} is a disk of ${volume.attachment.machineName}`);
  const provided = await provider.describe(volume.id, compensationSignal());
  if (provided === null) throw new MemoirError('NOT_FOUND', `${provider.kind} has no volume ${volume.name}`);
  if (provided.attachedTo.length > 0)
    throw new MemoirError('VOLUME_IN_USE', `volume ${volume.name} is attached to a machine`);
  if (provided.path === null)
    throw new MemoirError('DEVICE_MISSING', `volume ${volume.name} is on this host only while it is attached to it`);
  return sourceAt(provided.path, null, volume.placement.offering === 'qcow2' ? 'qcow2' : 'raw');
}

import { isMemoirError, toErrorShape } from '../../domain/memoir-error.ts';
import { exportIdOf } from '../exports/volume-exports.ts';
import { verifiedSource } from '../kinds/export-kind.ts';
import type { VolumeParts } from '../kinds/volume-kind.ts';

/**
 * Brings the storage daemon's exports together with the catalogue: one that is missing (the daemon has died) is made again after its bytes
 * have been verified again; one that nobody wants (this server has died) is removed.
 */
export async function checkExports(
  options: VolumeParts & { readonly isBusy: (volumeId: string) => Promise<boolean> },
  repaired: string[],
  problems: Map<string, string>,
): Promise<void> {
  const { catalogue, exports, isBusy, now = Date.now } = options;
  const volumes = await catalogue.list();
  const there = await exports.list();
  for (const volume of volumes) {
    if (volume.export === null || there.has(exportIdOf(volume.id)) || (await isBusy(volume.id))) continue;
    try {
      await exports.add(volume, volume.export.writable, () => verifiedSource(options, volume));
      repaired.push(`${volume.name}: its export was made again`);
    } catch (error) {
      if (!isMemoirError(error)) throw error;
      problems.set(volume.id, `${volume.name}: its export could not be made again: ${error.message}`);
      await catalogue.change(volume.id, { problem: toErrorShape(error) }, now(), volume.version);
    }
  }
  for (const id of there) {
    const volume = volumes.find((one) => exportIdOf(one.id) === id);
    if (volume !== undefined && (volume.export !== null || (await isBusy(volume.id)))) continue;
    // The id of an export is the beginning of its volume's.
    await exports.remove(id.slice(2));
    repaired.push(`${volume?.name ?? id}: an export that nobody asked for was removed`);
  }
}

import { isMemoirError, MemoirError } from '../../domain/memoir-error.ts';
import type { VolumeParts } from '../kinds/volume-kind.ts';
import type { OldMapping } from './old-tables.ts';

/** What became of the old daemon's volumes, one sentence each. */
export interface ImportReport {
  readonly imported: readonly string[];
  /** Known here already. */
  readonly unchanged: number;
  /** What the tables say about themselves or the provider that cannot be true; nothing was written down for these. */
  readonly conflicts: readonly string[];
}

/**
 * Takes the old daemon's volumes into the catalogue, under their ids at the provider. Of each the provider is asked: only what it has is
 * imported, as it says; device paths are compared and never believed. Once more changes nothing.
 */
export async function importVolumes(
  { provider, catalogue, now = Date.now }: Pick<VolumeParts, 'provider' | 'catalogue' | 'now'>,
  mappings: readonly OldMapping[],
  signal: AbortSignal,
): Promise<ImportReport> {
  const imported: string[] = [];
  const conflicts: string[] = [];
  let unchanged = 0;
  const before = new Set((await catalogue.list()).map(({ id }) => id));
  for (const [volumeId, claims] of Map.groupBy(mappings, (one) => one.volumeId)) {
    signal.throwIfAborted();
    const [claim] = claims as [OldMapping];
    const name = claim.name ?? `vol-${volumeId}`;
    const rivals = mappings.filter((one) => one.devicePath === claim.devicePath && one.machineId === claim.machineId);
    try {
      if (before.has(volumeId)) unchanged += 1;
      else if (claims.length > 1) throw conflict(`${name} is in the table ${claims.length} times`);
      else if (rivals.length > 1)
        throw conflict(`${rivals.length} volumes claim ${claim.devicePath}, ${name} is one of them`);
      else {
        const provided = await provider.describe(volumeId, signal);
        if (provided === null) throw conflict(`${name}: ${provider.kind} has no volume ${volumeId}`);
        if (!provided.attachedTo.includes(claim.machineId))
          throw conflict(`${name} is not attached to ${claim.machineId}, as the table says`);
        const { providerId, sizeBytes, serial } = provided;
        const placement = { zone: null, offering: null };
        // In one step: a volume that is known as being created is one that reconciliation may remove.
        const adopted = { providerId, serial };
        await catalogue.reserve({ id: volumeId, name, provider: provider.kind, sizeBytes, placement, adopted }, now());
        imported.push(`${name} (${sizeBytes} bytes)`);
      }
    } catch (error) {
      if (!isMemoirError(error, 'NAME_TAKEN') && !isMemoirError(error, 'BAD_INPUT')) throw error;
      conflicts.push(error.message);
    }
  }
  return { imported, unchanged, conflicts };
}

const conflict = (text: string): MemoirError => new MemoirError('BAD_INPUT', text);

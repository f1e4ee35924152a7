import { toErrorShape } from '../../domain/memoir-error.ts';
import type { OperationKind } from '../../operations/operation-kind.ts';
import { changeVolume } from '../catalogue.ts';
import { type CreateRequest, createType, type VolumeResult } from '../operation-types.ts';
import type { ProvidedVolume } from '../volume-provider.ts';
import { compensationSignal, resultOf, type VolumeParts, type VolumeRun, volumeKind } from './volume-kind.ts';

/** Makes a volume. One that cannot be made is removed again, at the provider and in the catalogue. */
export function createCreateKind(parts: VolumeParts): OperationKind<CreateRequest, VolumeResult> {
  return volumeKind(createType, parts, async (run) => {
    const { context, provider, catalogue, signal, nowMs } = run;
    const { volumeId, name, sizeBytes, placement } = context.request;
    await catalogue.reserve({ id: volumeId, name, sizeBytes, placement, provider: provider.kind }, nowMs());
    try {
      await run.step('creating', `Creating ${name} at ${provider.kind}`);
      const made = await provider.create({ mark: volumeId, name, sizeBytes, placement }, signal);
      run.reached?.('VOLUME_CREATE made');
      const patch = { state: 'AVAILABLE', problem: null, ...toKept(made) } as const;
      return {
        result: resultOf(volumeId),
        message: 'Volume created successfully',
        effects: [changeVolume.of({ id: volumeId, patch })],
      };
    } catch (error) {
      await undo(run, volumeId, error);
      throw error;
    }
  });
}

/** What the catalogue keeps of a provider's answer. */
export function toKept({ providerId, sizeBytes, serial }: ProvidedVolume) {
  return { providerId, sizeBytes, serial };
}

/** Nobody has the volume yet, so removing it takes nothing from anybody. Where even that fails, reconciliation does it later. */
async function undo({ provider, catalogue, nowMs }: VolumeRun<CreateRequest>, id: string, error: unknown) {
  try {
    await provider.delete(id, compensationSignal());
    await catalogue.remove(id);
  } catch {
    await catalogue.change(id, { problem: toErrorShape(error) }, nowMs());
  }
}

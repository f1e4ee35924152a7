import type { ModuleReference } from '../domain/module-reference.ts';
import type { ArtifactStore, OpenStore } from './artifact-store.ts';

/** Opens the store that a reference names: on whichever thread, the one that the composition root chose. */
export async function openStoreOf(reference: ModuleReference): Promise<ArtifactStore> {
  const { openStore }: { readonly openStore: OpenStore } = await import(reference.module);
  return openStore(reference.options);
}

import type { Json } from '../../src/domain/json.ts';
import type { ArtifactStore } from '../../src/storage/artifact-store.ts';
import { openStore as openDirectory } from '../../src/storage/directory/directory-store.ts';

export const stuckStoreModule = import.meta.url;

/** A directory on a disk that does not respond when an artifact is committed: what was written lies there. */
export async function openStore(options: Json): Promise<ArtifactStore> {
  const store = await openDirectory(options);
  const begin = store.begin.bind(store);
  const forever = () => new Promise<never>(() => undefined);
  return Object.assign(store, {
    begin: async (...args: Parameters<ArtifactStore['begin']>) =>
      Object.assign(await begin(...args), { commit: forever, abort: forever }),
  });
}

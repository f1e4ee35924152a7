import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../src/domain/json.ts';
import type { ArtifactStore } from '../../src/storage/artifact-store.ts';
import { openStore as openDirectory } from '../../src/storage/directory/directory-store.ts';

export const endlessStoreModule = import.meta.url;

/**
 * A directory whose artifacts take for ever to open while a file `endless` lies in it: the thread that opens one works without
 * a pause, hears nothing, and adds to a file `pulse` for as long as it lives.
 */
export async function openStore(options: Json): Promise<ArtifactStore> {
  const { folder } = options as { readonly folder: string };
  const store = await openDirectory(options);
  const open = store.open.bind(store);
  const asleep = new Int32Array(new SharedArrayBuffer(4));
  return Object.assign(store, {
    open: async (...args: Parameters<ArtifactStore['open']>) => {
      while (existsSync(join(folder, 'endless'))) {
        appendFileSync(join(folder, 'pulse'), '.');
        Atomics.wait(asleep, 0, 0, 5);
      }
      return open(...args);
    },
  });
}

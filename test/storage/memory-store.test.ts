import { openStore } from '../../src/storage/memory/memory-store.ts';
import { artifactStoreSuite } from '../contracts/artifact-store.ts';

artifactStoreSuite('memory', async () => ({
  store: await openStore({ capacityBytes: 16 << 20 }),
  dispose: async () => undefined,
}));

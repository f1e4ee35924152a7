import { expect, it } from 'vitest';
import { openStore } from '../../src/storage/memory/memory-store.ts';
import { artifactStoreSuite } from '../contracts/artifact-store.ts';

artifactStoreSuite('memory', async () => ({
  store: await openStore({ capacityBytes: 16 << 20 }),
  dispose: async () => undefined,
}));

it('a memory store that was told nothing holds 256 MiB', async () => {
  expect(await (await openStore(null)).space()).toMatchObject({ totalBytes: 256 << 20 });
});

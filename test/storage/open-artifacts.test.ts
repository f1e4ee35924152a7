import { expect, it } from 'vitest';
import { openStore } from '../../src/storage/memory/memory-store.ts';
import { countReaders } from '../../src/storage/open-artifacts.ts';
import { artifactStoreSuite } from '../contracts/artifact-store.ts';

artifactStoreSuite('memory, its readers counted', async () => ({
  store: countReaders(await openStore({ capacityBytes: 16 << 20 })).store,
  dispose: async () => undefined,
}));

async function oneArtifact() {
  const { store, isOpen } = countReaders(await openStore(null));
  const key = { folder: 'machine', file: 'image' };
  const writer = await store.begin(key, 0);
  await writer.commit(() => ({}));
  return { store, isOpen, key };
}

it('an artifact is open from its first reader’s opening until its last one’s closing', async () => {
  const { store, isOpen, key } = await oneArtifact();
  expect(isOpen('/dumps/machine/image')).toBe(false);
  const first = await store.open(key);
  const second = await store.open(key);
  expect(isOpen('/dumps/machine/image')).toBe(true);
  expect(isOpen('/dumps/machine/other')).toBe(false);
  expect(isOpen('/dumps/other/image')).toBe(false);
  // Closing twice is closing once.
  await first.close();
  await first.close();
  expect(isOpen('/dumps/machine/image')).toBe(true);
  await second.close();
  expect(isOpen('/dumps/machine/image')).toBe(false);
});

it('an artifact is in use already while it is being opened, and not when that fails', async () => {
  const { store, isOpen, key } = await oneArtifact();
  const opening = store.open(key);
  expect(isOpen('/dumps/machine/image')).toBe(true);
  await (await opening).close();
  await expect(store.open({ ...key, file: 'missing' })).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
  expect(isOpen('/dumps/machine/missing')).toBe(false);
});

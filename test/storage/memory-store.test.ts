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

const key = { folder: 'machine', file: 'image' };
const noSpace = expect.objectContaining({ code: 'NO_SPACE' });

it('a memory store takes what just fits, and not a byte more', async () => {
  const store = await openStore({ capacityBytes: 100 });
  await expect(store.begin(key, 101)).rejects.toEqual(noSpace);
  const writer = await store.begin(key, 100);
  await writer.write(new Uint8Array(60));
  await writer.skip(40);
  await expect(writer.write(new Uint8Array(1))).rejects.toEqual(noSpace);
  await writer.abort();
  const again = await store.begin(key, 0);
  await expect(again.skip(101)).rejects.toEqual(noSpace);
  await again.abort();
  expect(await store.space()).toEqual({ freeBytes: 100, totalBytes: 100, reserveBytes: 0 });
});

it('a memory store has free what is neither kept, nor written, nor expected yet', async () => {
  const store = await openStore({ capacityBytes: 100 });
  const free = async () => (await store.space()).freeBytes;
  const first = await store.begin(key, 50);
  expect(await free()).toBe(50);
  await first.write(new Uint8Array(20));
  expect(await free()).toBe(50);
  // More than it said.
  await first.write(new Uint8Array(40));
  expect(await free()).toBe(40);
  await first.commit(() => ({}));
  expect(await free()).toBe(40);
  const second = await store.begin({ ...key, file: 'other' }, 40);
  expect(await free()).toBe(0);
  await second.abort();
  await store.remove(key);
  expect(await free()).toBe(100);
});

it('a memory store keeps its own copy of a manifest', async () => {
  const store = await openStore(null);
  const manifest = { tags: ['one'] };
  await (await store.begin(key, 0)).commit(() => manifest);
  manifest.tags.push('two');
  ((await store.manifest(key)) as typeof manifest).tags.push('three');
  expect(await store.manifest(key)).toEqual({ tags: ['one'] });
});

it.each([{ capacityBytes: -1 }, { capacityBytes: '1' }, { capacityBytes: Number.NaN }])(
  'a memory store refuses the options %j',
  async (options) => {
    await expect(openStore(options)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  },
);

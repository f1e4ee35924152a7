import { readdirSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { openStore } from '../../src/storage/directory/directory-store.ts';
import { diskError, fileHandles } from '../fakes/file-handles.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const key = { folder: 'machine', file: 'image' };

async function open() {
  const folder = join(temporaryFolder(), 'dumps');
  const store = await openStore({ folder, reserveBytes: 0 });
  return { store, handles: await fileHandles(), left: () => readdirSync(join(folder, 'machine')) };
}

it('a disk that fails to take the contents ends the digest of them at once, and says so', async () => {
  const { store, handles, left } = await open();
  const writer = await store.begin(key, 0);
  await writer.skip(32 << 20);
  vi.spyOn(handles, 'sync').mockRejectedValue(diskError());
  const digested = vi.fn();
  await expect(writer.commit(() => ({}), { digested })).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    message: expect.stringContaining('EIO'),
  });
  // Of 32 pieces.
  expect(digested.mock.calls.length).toBeLessThan(4);
  await writer.abort();
  expect(left()).toEqual([]);
});

it('a disk that fails to give the contents back ends the commit, and nothing is to be seen', async () => {
  const { store, handles, left } = await open();
  const writer = await store.begin(key, 6);
  await writer.write(Buffer.from('memory'));
  vi.spyOn(handles, 'read').mockRejectedValue(diskError());
  const manifest = vi.fn();
  await expect(writer.commit(manifest)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  expect(manifest).not.toHaveBeenCalled();
  await writer.abort();
  expect(left()).toEqual([]);
});

it('a digest that is not wanted any more ends with the reason', async () => {
  const { store, left } = await open();
  const writer = await store.begin(key, 0);
  await writer.skip(32 << 20);
  const control = new AbortController();
  const reason = new Error('enough');
  const digested = vi.fn(() => control.abort(reason));
  await expect(writer.commit(() => ({}), { signal: control.signal, digested })).rejects.toBe(reason);
  expect(digested).toHaveBeenCalledOnce();
  await writer.abort();
  expect(left()).toEqual([]);
});

it('bytes are all taken and all given back by a file system that takes and gives a few at a time', async () => {
  const { store, handles } = await open();
  for (const name of ['read', 'write'] as const) {
    const call = handles[name] as (...args: unknown[]) => Promise<never>;
    vi.spyOn(handles, name).mockImplementation(function (this: FileHandle, ...args: unknown[]) {
      const [bytes, at, length, position] = args;
      return call.call(this, bytes, at, Math.min(Number(length), 3), position);
    });
  }
  const text = 'sixteen and more bytes';
  const writer = await store.begin(key, text.length);
  await writer.write(Buffer.from(text));
  expect(Buffer.from(await writer.read(1, 7)).toString()).toBe(text.slice(1, 8));
  await writer.commit(() => ({}));
  const reader = await store.open(key);
  expect(Buffer.from(await reader.read(2, 11)).toString()).toBe(text.slice(2, 13));
  await reader.close();
});

it('an artifact that became shorter behind its reader’s back is damaged', async () => {
  const { store, handles } = await open();
  const writer = await store.begin(key, 6);
  await writer.write(Buffer.from('memory'));
  await writer.commit(() => ({}));
  const reader = await store.open(key);
  vi.spyOn(handles, 'read').mockResolvedValue({ bytesRead: 0, buffer: Buffer.alloc(0) });
  await expect(reader.read(0, 6)).rejects.toMatchObject({
    code: 'ARTIFACT_DAMAGED',
    message: expect.stringContaining('ends at 0 of 6 bytes'),
  });
  await reader.close();
});

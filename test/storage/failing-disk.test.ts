import { appendFileSync, readdirSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { toErrorShape } from '../../src/domain/memoir-error.ts';
import { openStore } from '../../src/storage/directory/directory-store.ts';
import { diskError, fileHandles } from '../fakes/file-handles.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const key = { folder: 'machine', file: 'image' };

async function open() {
  const folder = join(temporaryFolder(), 'dumps');
  const store = await openStore({ folder, reserveBytes: 0 });
  return { folder, store, handles: await fileHandles(), left: () => readdirSync(join(folder, 'machine')) };
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

it('bytes are all taken and all given back by a file system that takes and gives one at a time', async () => {
  const { store, handles } = await open();
  for (const name of ['read', 'write'] as const) {
    const call = handles[name] as (...args: unknown[]) => Promise<never>;
    vi.spyOn(handles, name).mockImplementation(function (this: FileHandle, ...args: unknown[]) {
      const [bytes, at, length, position] = args;
      return call.call(this, bytes, at, Math.min(Number(length), 1), position);
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

it('a disk that lost bytes which its writes had confirmed is noticed before anything is read back', async () => {
  const { store, handles, left } = await open();
  const writer = await store.begin(key, 6);
  vi.spyOn(handles, 'write').mockResolvedValue({ bytesWritten: 6, buffer: '' });
  await writer.write(Buffer.from('memory'));
  const digested = vi.fn();
  await expect(writer.commit(() => ({}), { digested })).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    message: expect.stringContaining('0 bytes where 6 were written'),
  });
  expect(digested).not.toHaveBeenCalled();
  await writer.abort();
  expect(left()).toEqual([]);
});

it('contents that grew while they were brought to the disk are no artifact', async () => {
  const { folder, store, handles, left } = await open();
  const writer = await store.begin(key, 6);
  await writer.write(Buffer.from('memory'));
  vi.spyOn(handles, 'sync').mockImplementation(async () =>
    appendFileSync(join(folder, 'machine/.image.memoir-partial'), '!'),
  );
  await expect(writer.commit(() => ({}))).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    message: expect.stringContaining('7 bytes where 6 were written'),
  });
  await writer.abort();
  expect(left()).toEqual([]);
});

it.each([
  ['ENOSPC', 'NO_SPACE', /./],
  ['EDQUOT', 'NO_SPACE', /quota/],
  ['EROFS', 'STORAGE_FAILED', /read-only/],
  ['EMFILE', 'STORAGE_FAILED', /ulimit -n/],
  // One that nobody foresaw.
  ['EXDEV', 'STORAGE_FAILED', /./],
] as const)('what the kernel calls %s is %s, with advice', async (errno, code, hint) => {
  const { store, handles } = await open();
  const writer = await store.begin(key, 6);
  vi.spyOn(handles, 'write').mockRejectedValue(Object.assign(new Error('no'), { code: errno }));
  const failure = await writer.write(Buffer.from('memory')).catch(toErrorShape);
  expect(failure).toMatchObject({ code, message: expect.stringContaining(errno), hint: expect.stringMatching(hint) });
  await writer.abort();
});

it('a failure that is none of the disk’s passes as it is', async () => {
  const { store } = await open();
  const writer = await store.begin(key, 6);
  await expect(writer.write(null as never)).rejects.toBeInstanceOf(TypeError);
  await writer.abort();
});

it('a digest says how far it is with every MiB', async () => {
  const { store } = await open();
  const writer = await store.begin(key, 0);
  await writer.skip((3 << 20) + 5);
  const seen: number[] = [];
  await writer.commit(() => ({}), { digested: (bytes) => seen.push(bytes) });
  expect(seen).toEqual([1 << 20, 2 << 20, 3 << 20, (3 << 20) + 5]);
});

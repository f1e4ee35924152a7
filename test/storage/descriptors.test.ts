import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { openStore } from '../../src/storage/directory/directory-store.ts';
import { diskError, fileHandles } from '../fakes/file-handles.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const key = { folder: 'machine', file: 'image' };

/** What this process has open in a folder. */
function openIn(folder: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return [];
    }
  });
}

async function open() {
  const folder = join(temporaryFolder(), 'dumps');
  const store = await openStore({ folder, reserveBytes: 0 });
  const begin = () => store.begin(key, 0);
  return { folder, store, begin };
}

it('a writer holds its file and folder, and lets them go at a commit, at an abort and after a failure', async () => {
  const { folder, store, begin } = await open();
  const writer = await begin();
  expect(openIn(folder)).toHaveLength(2);
  await writer.commit(() => ({}));
  expect(openIn(folder)).toEqual([]);
  await store.remove(key);
  await (await begin()).abort();
  expect(openIn(folder)).toEqual([]);
  const failing = await begin();
  await failing.commit(() => Promise.reject(new Error('no manifest'))).catch(() => undefined);
  await failing.abort();
  expect(openIn(folder)).toEqual([]);
});

it('a writer that cannot begin leaves nothing open', async () => {
  const { folder, begin } = await open();
  mkdirSync(join(folder, 'machine'), { mode: 0o700 });
  writeFileSync(join(folder, 'machine/image'), 'theirs');
  await expect(begin()).rejects.toMatchObject({ code: 'ARTIFACT_EXISTS' });
  expect(openIn(folder)).toEqual([]);
});

it('a writer whose file cannot be made private leaves neither file nor descriptor', async () => {
  const { folder, begin } = await open();
  mkdirSync(join(folder, 'machine'), { mode: 0o700 });
  const handles = await fileHandles();
  const { stat } = handles;
  vi.spyOn(handles, 'stat').mockImplementation(async function (this: typeof handles) {
    const stats = await stat.call(this);
    if (stats?.isFile()) throw diskError();
    return stats as never;
  });
  await expect(begin()).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  expect(openIn(folder)).toEqual([]);
  expect(readdirSync(join(folder, 'machine'))).toEqual([]);
});

it('a folder that cannot be asked whose it is does not stay open', async () => {
  const { folder, begin } = await open();
  vi.spyOn(await fileHandles(), 'stat').mockRejectedValue(diskError());
  await expect(begin()).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  expect(openIn(folder)).toEqual([]);
});

it('nothing stays open of what is found, listed, described, swept or removed', async () => {
  const { folder, store, begin } = await open();
  await (await begin()).commit(() => ({}));
  await store.find(key);
  await store.manifest(key);
  await Array.fromAsync(store.list());
  await store.sweep();
  expect(openIn(folder)).toEqual([]);
  writeFileSync(join(folder, 'machine/image.json'), '{');
  await expect(store.manifest(key)).rejects.toThrow();
  await store.remove(key);
  expect(openIn(folder)).toEqual([]);
});

it('a reader holds the artifact alone; of what is none, nothing stays open', async () => {
  const { folder, store, begin } = await open();
  await (await begin()).commit(() => ({}));
  const reader = await store.open(key);
  expect(openIn(folder)).toEqual([join(folder, 'machine/image')]);
  await reader.close();
  execFileSync('mkfifo', [join(folder, 'machine/fifo')]);
  symlinkSync('nowhere', join(folder, 'machine/link'));
  for (const file of ['fifo', 'link', 'missing'])
    await expect(store.open({ ...key, file })).rejects.toMatchObject({ code: expect.any(String) });
  expect(openIn(folder)).toEqual([]);
});

import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { openStore } from '../../src/storage/directory/directory-store.ts';
import { fileHandles } from '../fakes/file-handles.ts';
import { temporaryFolder } from '../temporary-folder.ts';

// What a power cut leaves is what the last fsync found: each is written down here with the files that were there at its moment.

const key = { folder: 'machine', file: 'image' };
const [artifact, manifest] = ['image', 'image.json'];
const [partial, partialManifest] = ['.image.memoir-partial', '.image.json.memoir-partial'];

async function openWatched() {
  const folder = join(temporaryFolder(), 'dumps');
  const store = await openStore({ folder, reserveBytes: 0 });
  const handles = await fileHandles();
  const { sync } = handles;
  const moments: { synced: string; present: string[] }[] = [];
  vi.spyOn(handles, 'sync').mockImplementation(async function (this: FileHandle) {
    const synced = relative(folder, readlinkSync(`/proc/self/fd/${this.fd}`));
    const present = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    moments.push({ synced, present: present.map(({ name }) => name).sort() });
    await sync.call(this);
  });
  const write = async () => {
    const writer = await store.begin(key, 6);
    await writer.write(Buffer.from('memory'));
    return writer;
  };
  return { folder, store, moments, write };
}

describe('what is on the disk for good', () => {
  it('at a commit is the folder, then contents, then manifest, then the manifest’s name, then the artifact’s', async () => {
    const { moments, write } = await openWatched();
    await (await write()).commit(() => ({}));
    expect(moments).toEqual([
      { synced: '', present: [] },
      { synced: `machine/${partial}`, present: [partial] },
      { synced: `machine/${partialManifest}`, present: [partialManifest, partial] },
      { synced: 'machine', present: [partial, manifest] },
      { synced: 'machine', present: [artifact, manifest] },
    ]);
  });

  it('at a removal is first that the artifact is not to be seen, then that its manifest is gone', async () => {
    const { store, moments, write } = await openWatched();
    await (await write()).commit(() => ({}));
    moments.length = 0;
    await store.remove(key);
    expect(moments).toEqual([
      { synced: 'machine', present: [partial, manifest] },
      { synced: 'machine', present: [partial] },
    ]);
    moments.length = 0;
    expect(await store.remove(key)).toBe(false);
    expect(moments).toEqual([]);
  });

  it('at an abort after the manifest had its name is that it has gone, before the partial goes', async () => {
    const { folder, moments, write } = await openWatched();
    const writer = await write();
    writeFileSync(join(folder, 'machine', artifact), 'theirs');
    await expect(writer.commit(() => ({}))).rejects.toMatchObject({ code: 'ARTIFACT_EXISTS' });
    moments.length = 0;
    // Once, however many ask at the same moment.
    await Promise.all([writer.abort(), writer.abort()]);
    expect(moments).toEqual([{ synced: 'machine', present: [partial, artifact] }]);
    expect(readdirSync(join(folder, 'machine'))).toEqual([artifact]);
  });

  it('at a sweep is that the manifest has gone before its partial goes, and that the partial has gone', async () => {
    const { folder, store, moments } = await openWatched();
    mkdirSync(join(folder, 'machine'), { mode: 0o700 });
    for (const name of [partial, manifest]) writeFileSync(join(folder, 'machine', name), '{}');
    await store.sweep();
    expect(moments).toEqual([
      { synced: 'machine', present: [partial] },
      { synced: 'machine', present: [] },
    ]);
    moments.length = 0;
    await store.sweep();
    expect(moments).toEqual([]);
  });

  it('is asked of a machine’s folder only once', async () => {
    const { moments, write } = await openWatched();
    await (await write()).abort();
    await (await write()).abort();
    expect(moments.filter(({ synced }) => synced === '')).toHaveLength(1);
  });

  it('is not asked of a dump that was called off before its commit', async () => {
    const { moments, write } = await openWatched();
    const writer = await write();
    moments.length = 0;
    const reason = new Error('enough');
    await expect(writer.commit(() => ({}), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await writer.abort();
    expect(moments).toEqual([]);
  });
});

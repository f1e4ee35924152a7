import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ArtifactStore } from '../../src/storage/artifact-store.ts';
import { directoryStoreModule, openStore } from '../../src/storage/directory/directory-store.ts';
import { artifactStoreSuite } from '../contracts/artifact-store.ts';

const temporary = (): Promise<string> => mkdtemp(join(tmpdir(), 'memoir-store-'));

artifactStoreSuite('directory', async () => {
  const folder = await temporary();
  return {
    store: await openStore({ folder: join(folder, 'dumps'), reserveBytes: 0 }),
    dispose: () => rm(folder, { recursive: true }),
  };
});

describe('directory store', () => {
  const key = { folder: 'machine', file: 'image.elf' };
  let root: string;
  let store: ArtifactStore;

  beforeEach(async () => {
    root = join(await temporary(), 'dumps');
    store = await openStore({ folder: root });
  });
  afterEach(async () => rm(join(root, '..'), { recursive: true }));

  const commit = async (text: string): Promise<string> => {
    const writer = await store.begin(key, text.length);
    await writer.write(Buffer.from(text));
    return (await writer.commit(() => ({ text }))).sha256;
  };

  it('lays artifact and manifest beside each other, as sha256sum and a reader of JSON find them', async () => {
    const sha256 = await commit('memory');
    expect(await readdir(join(root, 'machine'))).toEqual(['image.elf', 'image.elf.json']);
    const sum = execFileSync('sha256sum', [join(root, 'machine/image.elf')], { encoding: 'utf8' });
    expect(sum.split(' ')[0]).toBe(sha256);
    expect(JSON.parse(await readFile(join(root, 'machine/image.elf.json'), 'utf8'))).toEqual({ text: 'memory' });
  });

  it('keeps skipped stretches off the disk', async () => {
    const writer = await store.begin(key, 64 << 20);
    await writer.skip(64 << 20);
    const proof = await writer.commit(() => ({}));
    const { size, blocks } = await stat(proof.location);
    expect(size).toBe(64 << 20);
    expect(blocks * 512).toBeLessThan(1 << 20);
    expect(proof.sha256).toBe(
      createHash('sha256')
        .update(new Uint8Array(64 << 20))
        .digest('hex'),
    );
  });

  it.each(['image.elf', 'image.elf.json', '.image.elf.memoir-partial'])(
    'refuses a symbolic link planted at %s and leaves its target alone',
    async (name) => {
      const victim = join(root, 'victim');
      await writeFile(victim, 'untouched');
      await mkdir(join(root, 'machine'), { mode: 0o700 });
      await symlink(victim, join(root, 'machine', name));
      await expect(store.begin(key, 1)).rejects.toMatchObject({ code: 'ARTIFACT_EXISTS' });
      expect(await readFile(victim, 'utf8')).toBe('untouched');
    },
  );

  it.each(['image.elf', 'image.elf.json'])('overwrites nothing that came to %s during the writing', async (name) => {
    const path = join(root, 'machine', name);
    const writer = await store.begin(key, 1);
    await writer.write(Buffer.from('memory'));
    await writeFile(path, 'theirs');
    await expect(writer.commit(() => ({}))).rejects.toMatchObject({ code: 'ARTIFACT_EXISTS' });
    await writer.abort();
    expect(await readdir(join(root, 'machine'))).toEqual([name]);
    expect(await readFile(path, 'utf8')).toBe('theirs');
  });

  it('refuses a symbolic link in the place of a machine’s folder, for writing and for reading', async () => {
    await mkdir(join(root, 'elsewhere'));
    await writeFile(join(root, 'elsewhere/image.elf'), 'theirs');
    await symlink(join(root, 'elsewhere'), join(root, 'machine'));
    await expect(store.begin(key, 1)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(store.open(key)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(store.remove(key)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(await readdir(join(root, 'elsewhere'))).toEqual(['image.elf']);
  });

  it('stays in the folder that it opened when someone swaps it for a link', async () => {
    await mkdir(join(root, 'elsewhere'));
    const writer = await store.begin(key, 6);
    await writer.write(Buffer.from('memory'));
    await rename(join(root, 'machine'), join(root, 'moved'));
    await symlink(join(root, 'elsewhere'), join(root, 'machine'));
    await writer.commit(() => ({}));
    expect(await readdir(join(root, 'elsewhere'))).toEqual([]);
    expect(await readdir(join(root, 'moved'))).toEqual(['image.elf', 'image.elf.json']);
  });

  it('does not open a link or a FIFO as an artifact', async () => {
    await mkdir(join(root, 'machine'), { mode: 0o700 });
    await writeFile(join(root, 'secret'), 'secret');
    await symlink(join(root, 'secret'), join(root, 'machine/image.elf'));
    expect(await store.find(key)).toBeNull();
    await expect(store.open(key)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    execFileSync('mkfifo', [join(root, 'machine/fifo')]);
    await expect(store.open({ ...key, file: 'fifo' })).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
  });

  it('makes a folder private that someone has opened to others', async () => {
    await mkdir(join(root, 'machine'));
    execFileSync('chmod', ['0777', join(root, 'machine')]);
    await commit('memory');
    expect((await lstat(join(root, 'machine'))).mode & 0o777).toBe(0o700);
  });

  it('sweeps only what has a partial beside it: other people’s files stay', async () => {
    await commit('memory');
    await mkdir(join(root, 'project'));
    await writeFile(join(root, 'project/package.json'), '{}');
    await writeFile(join(root, 'project/.notes.partial'), '');
    expect(await store.sweep()).toEqual([]);
    await writeFile(join(root, 'machine/.gone.raw.memoir-partial'), '');
    await writeFile(join(root, 'machine/gone.raw.json'), '{}');
    await writeFile(join(root, 'machine/.half.raw.json.memoir-partial'), '{');
    await writeFile(join(root, 'machine/.image.elf.memoir-partial'), '');
    expect((await store.sweep()).map((path) => path.slice(root.length + 1)).sort()).toEqual([
      'machine/.gone.raw.memoir-partial',
      'machine/.half.raw.json.memoir-partial',
      'machine/.image.elf.memoir-partial',
      'machine/gone.raw.json',
    ]);
    expect(await store.sweep()).toEqual([]);
    expect(await readdir(join(root, 'machine'))).toEqual(['image.elf', 'image.elf.json']);
    expect((await readdir(join(root, 'project'))).sort()).toEqual(['.notes.partial', 'package.json']);
  });

  it('removes an artifact without its manifest, a manifest without its artifact, and says that there was something', async () => {
    for (const gone of ['image.elf', 'image.elf.json']) {
      await commit('memory');
      await rm(join(root, 'machine', gone));
      expect([await store.remove(key), await store.remove(key)]).toEqual([true, false]);
      expect(await readdir(join(root, 'machine'))).toEqual([]);
    }
  });

  it('lists no artifact without its manifest', async () => {
    await commit('memory');
    await rm(join(root, 'machine/image.elf.json'));
    const found = [];
    for await (const artifact of store.list()) found.push(artifact);
    expect(found).toEqual([]);
  });

  it('calls a manifest that is no JSON damaged', async () => {
    await commit('memory');
    await writeFile(join(root, 'machine/image.elf.json'), '{');
    await expect(store.manifest(key)).rejects.toMatchObject({ code: 'ARTIFACT_DAMAGED' });
  });

  it('lists neither folders nor links as artifacts, and nothing whose name is no artifact’s', async () => {
    await commit('memory');
    for (const name of ['folder', 'link']) await writeFile(join(root, 'machine', `${name}.json`), '{}');
    await mkdir(join(root, 'machine/folder'));
    await symlink('image.elf', join(root, 'machine/link'));
    await writeFile(join(root, 'machine/.hidden'), '');
    await writeFile(join(root, 'machine/.hidden.json'), '{}');
    await writeFile(join(root, 'a file beside the machines'), '');
    expect((await Array.fromAsync(store.list())).map((artifact) => artifact.key.file)).toEqual(['image.elf']);
  });

  it('reads a manifest of one MiB, and calls a longer one damaged', async () => {
    await commit('memory');
    const path = join(root, 'machine/image.elf.json');
    const text = JSON.stringify('x'.repeat((1 << 20) - 2));
    await writeFile(path, text);
    expect(await store.manifest(key)).toHaveLength((1 << 20) - 2);
    await writeFile(path, `${text} `);
    await expect(store.manifest(key)).rejects.toMatchObject({
      code: 'ARTIFACT_DAMAGED',
      message: expect.stringContaining('no manifest has'),
    });
  });

  it('tells the times of an artifact in whole seconds', async () => {
    await commit('memory');
    await utimes(join(root, 'machine/image.elf'), 1_700_000_000.9, 1_700_000_001.9);
    const found = await store.find(key);
    const { ctimeMs } = await stat(join(root, 'machine/image.elf'));
    expect(found).toMatchObject({ atime: 1_700_000_000, mtime: 1_700_000_001, ctime: Math.floor(ctimeMs / 1000) });
  });

  it('expects no more of a writer what it has written or left out', async () => {
    const { freeBytes } = await store.space();
    const share = Math.floor(freeBytes * 0.6);
    const first = await store.begin(key, share);
    const other = { ...key, file: 'other' };
    await expect(store.begin(other, share)).rejects.toMatchObject({ code: 'NO_SPACE' });
    await first.skip(share);
    await (await store.begin(other, share)).abort();
    // What it left out beyond that makes no room for others.
    await first.skip(share);
    await expect(store.begin(other, freeBytes + share / 2)).rejects.toMatchObject({ code: 'NO_SPACE' });
    await first.abort();
  });

  it('gives back what a writer expected that could not begin', async () => {
    const { freeBytes } = await store.space();
    await writeFile(join(root, 'file'), '');
    const share = Math.floor(freeBytes * 0.6);
    await expect(store.begin({ folder: 'file', file: 'image' }, share)).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
    });
    await (await store.begin(key, share)).abort();
  });

  it('keeps its reserve free of artifacts, a twentieth of the file system unless told', async () => {
    const { freeBytes, totalBytes, reserveBytes } = await store.space();
    expect(reserveBytes).toBe(Math.min(256 << 20, Math.floor(totalBytes / 20)));
    const told = await openStore({ folder: root, reserveBytes: Math.floor(freeBytes * 0.6) });
    expect(await told.space()).toMatchObject({ reserveBytes: Math.floor(freeBytes * 0.6) });
    await expect(told.begin(key, Math.floor(freeBytes * 0.6))).rejects.toMatchObject({
      code: 'NO_SPACE',
      details: { reserveBytes: Math.floor(freeBytes * 0.6), neededBytes: Math.floor(freeBytes * 0.6) },
    });
    await (await told.begin(key, Math.floor(freeBytes * 0.2))).abort();
  });

  it('makes no folder private that was there before it: where dumps lie is the administrator’s choice', async () => {
    const own = join(root, 'own');
    await mkdir(own);
    execFileSync('chmod', ['0755', own]);
    await openStore({ folder: own });
    expect((await stat(own)).mode & 0o777).toBe(0o755);
  });

  it('is opened by its address on another thread', async () => {
    const worker = new Worker(new URL('../fakes/store-thread.ts', import.meta.url), {
      workerData: { module: directoryStoreModule, options: { folder: root } },
    });
    const sha256 = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    expect(sha256).toBe(createHash('sha256').update('from a thread').digest('hex'));
    expect(await store.manifest({ folder: 'thread', file: 'image' })).toEqual({ sha256 });
  });

  it.each([null, {}, { folder: 'relative' }, { folder: '/tmp\0x' }, { folder: '/tmp', reserveBytes: -1 }])(
    'refuses the options %j',
    async (options) => {
      await expect(openStore(options)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    },
  );
});

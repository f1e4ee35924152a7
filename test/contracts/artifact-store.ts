import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../../src/domain/json.ts';
import type { ArtifactKey, ArtifactStore, CommittedArtifact } from '../../src/storage/artifact-store.ts';

const folder = '6f1c9a52-0d0e-4a57-9c0b-1f2e3d4c5b6a';
const key: ArtifactKey = { folder, file: '20250102T030405Z_018f.elf.zst' };
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const manifestOf = (proof: CommittedArtifact): Json => ({ sha256: proof.sha256, sizeBytes: proof.sizeBytes });

async function commit(store: ArtifactStore, at: ArtifactKey, text: string): Promise<CommittedArtifact> {
  const writer = await store.begin(at, text.length);
  await writer.write(bytesOf(text));
  return writer.commit(manifestOf);
}

async function collect(store: ArtifactStore): Promise<string[]> {
  const found: string[] = [];
  for await (const artifact of store.list()) found.push(`${artifact.key.folder}/${artifact.key.file}`);
  return found;
}

async function contents(store: ArtifactStore, at: ArtifactKey): Promise<Uint8Array> {
  await using closing = new AsyncDisposableStack();
  const reader = await store.open(at);
  closing.defer(() => reader.close());
  return await reader.read(0, reader.sizeBytes);
}

/** What every artifact store does. `create` gives a fresh one with some megabytes of room, and takes it away at the end. */
export function artifactStoreSuite(
  name: string,
  create: () => Promise<{ store: ArtifactStore; dispose: () => Promise<void> }>,
): void {
  describe(`artifact store: ${name}`, () => {
    let store: ArtifactStore;
    let dispose: () => Promise<void>;

    beforeEach(async () => {
      ({ store, dispose } = await create());
    });
    afterEach(async () => {
      await store.close();
      await dispose();
    });

    it('has nothing at first, and says so', async () => {
      expect([await store.find(key), await store.manifest(key)]).toEqual([null, null]);
      await expect(store.open(key)).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
      expect([await store.remove(key), await collect(store), await store.sweep()]).toEqual([false, [], []]);
    });

    it('gives back what was written, skipped and patched, with the digest of exactly that', async () => {
      const writer = await store.begin(key, 10_000);
      await writer.write(bytesOf('headXXXX'));
      await writer.skip(5000);
      await writer.write(bytesOf('middle'));
      await writer.patch(4, bytesOf('body'));
      await writer.skip(4000);
      expect(writer.writtenBytes).toBe(9014);
      const proof = await writer.commit(manifestOf);
      const expected = new Uint8Array(9014);
      expected.set(bytesOf('headbody'));
      expected.set(bytesOf('middle'), 5008);
      expect(Buffer.from(await contents(store, key)).equals(expected)).toBe(true);
      expect(proof).toMatchObject({ key, sizeBytes: 9014, sha256: digest(expected) });
      expect(proof.location).toContain(key.file);
    });

    it('commits an artifact of one byte, and one whose last write is of none', async () => {
      expect(await commit(store, key, '!')).toMatchObject({ sizeBytes: 1 });
      const writer = await store.begin({ folder, file: 'zeros' }, 0);
      await writer.skip(5);
      await writer.write(new Uint8Array(0));
      expect(await writer.commit(manifestOf)).toMatchObject({ sizeBytes: 5, sha256: digest(new Uint8Array(5)) });
    });

    it('commits an artifact without a single byte', async () => {
      const proof = await commit(store, key, '');
      expect(proof).toMatchObject({ sizeBytes: 0, sha256: digest(new Uint8Array(0)) });
      expect(await contents(store, key)).toHaveLength(0);
    });

    it('keeps the manifest that the proof was made into', async () => {
      const proof = await commit(store, key, 'memory');
      expect(await store.manifest(key)).toEqual({ sha256: proof.sha256, sizeBytes: 6 });
      expect(await store.find(key)).toMatchObject({ key, sizeBytes: 6, location: proof.location });
      expect(Math.abs(proof.mtime - Date.now() / 1000)).toBeLessThan(60);
      expect(Number.isInteger(proof.ctime) && Number.isInteger(proof.atime)).toBe(true);
    });

    it('reads back what was written before it is to be seen, also while the manifest is made', async () => {
      const writer = await store.begin(key, 20);
      await writer.write(bytesOf('memory'));
      await writer.skip(4);
      await writer.patch(0, bytesOf('M'));
      expect(Buffer.from(await writer.read(0, 4)).toString()).toBe('Memo');
      expect(Buffer.from(await writer.read(4, 100)).toString('latin1')).toBe('ry\0\0\0\0');
      let whole: Uint8Array = new Uint8Array(0);
      await writer.commit(async ({ sha256 }) => {
        whole = await writer.read(0, 100);
        return { sha256 };
      });
      expect(Buffer.from(whole).toString('latin1')).toBe('Memory\0\0\0\0');
    });

    it('shows nothing before the commit', async () => {
      const writer = await store.begin(key, 6);
      await writer.write(bytesOf('memory'));
      expect(await store.find(key)).toBeNull();
      expect(await store.manifest(key)).toBeNull();
      expect(await collect(store)).toEqual([]);
      await expect(store.open(key)).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
      await writer.abort();
    });

    it('leaves nothing after an abort, and the name free', async () => {
      const writer = await store.begin(key, 6);
      await writer.write(bytesOf('memory'));
      await writer.abort();
      await writer.abort();
      expect(await collect(store)).toEqual([]);
      expect(await store.sweep()).toEqual([]);
      await expect(writer.write(bytesOf('more'))).rejects.toThrow();
      await commit(store, key, 'again');
      expect(await collect(store)).toEqual([`${folder}/${key.file}`]);
    });

    it('keeps a committed artifact when its writer is aborted afterwards', async () => {
      const writer = await store.begin(key, 6);
      await writer.write(bytesOf('memory'));
      await writer.commit(manifestOf);
      await writer.abort();
      expect(Buffer.from(await contents(store, key)).toString()).toBe('memory');
    });

    it('is aborted once by two who ask at the same moment', async () => {
      const writer = await store.begin(key, 6);
      await writer.write(bytesOf('memory'));
      await Promise.all([writer.abort(), writer.abort()]);
      expect(await store.sweep()).toEqual([]);
      await commit(store, key, 'again');
    });

    it('leaves alone who took the name of an artifact that is gone, when its writer is aborted afterwards', async () => {
      const first = await store.begin(key, 0);
      await first.commit(manifestOf);
      await store.remove(key);
      const second = await store.begin(key, 6);
      await first.abort();
      await expect(store.begin(key, 0)).rejects.toMatchObject({ code: 'ARTIFACT_EXISTS' });
      await second.write(bytesOf('memory'));
      await second.commit(manifestOf);
      expect(Buffer.from(await contents(store, key)).toString()).toBe('memory');
    });

    it('takes nothing more after a commit', async () => {
      const writer = await store.begin(key, 6);
      await writer.commit(manifestOf);
      await expect(writer.write(bytesOf('more'))).rejects.toThrow();
      await expect(writer.patch(0, bytesOf(''))).rejects.toThrow();
      await expect(writer.skip(1)).rejects.toThrow();
      await expect(writer.commit(manifestOf)).rejects.toThrow();
      expect(await store.find(key)).toMatchObject({ sizeBytes: 0 });
    });

    it('takes nothing more after a failure, and no commit', async () => {
      for (const fail of ['patch', 'skip'] as const) {
        const writer = await store.begin(key, 6);
        await writer.write(bytesOf('memory'));
        await expect(fail === 'patch' ? writer.patch(6, bytesOf('!')) : writer.skip(0.5)).rejects.toThrow(RangeError);
        await expect(writer.write(bytesOf('more'))).rejects.toThrow();
        await expect(writer.commit(manifestOf)).rejects.toThrow();
        await writer.abort();
        expect(await store.find(key)).toBeNull();
      }
    });

    it('aborts after the writes that are under way', async () => {
      const writer = await store.begin(key, 1 << 20);
      const writing = writer.write(new Uint8Array(1 << 20));
      const aborting = writer.abort();
      await Promise.allSettled([writing, aborting]);
      await expect(aborting).resolves.toBeUndefined();
      expect(await store.sweep()).toEqual([]);
    });

    it.each(['at once', 'later'])('leaves nothing when making the manifest fails, %s', async (when) => {
      const writer = await store.begin(key, 6);
      await writer.write(bytesOf('memory'));
      const failure = new Error('no manifest');
      const thrower = (): never => {
        throw failure;
      };
      const failing = when === 'later' ? async () => thrower() : thrower;
      await expect(writer.commit(failing)).rejects.toBe(failure);
      await writer.abort();
      expect(await store.find(key)).toBeNull();
      expect(await store.sweep()).toEqual([]);
    });

    it('waits for a manifest that comes later, and shows nothing before', async () => {
      const writer = await store.begin(key, 6);
      await writer.write(bytesOf('memory'));
      await writer.commit(async () => {
        expect([await store.find(key), await store.manifest(key)]).toEqual([null, null]);
        return { text: 'late' };
      });
      expect(await store.manifest(key)).toEqual({ text: 'late' });
    });

    it('ends a commit with the reason of its signal', async () => {
      const writer = await store.begin(key, 6);
      await writer.write(bytesOf('memory'));
      const reason = new Error('enough');
      await expect(writer.commit(manifestOf, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      await writer.abort();
      expect(await collect(store)).toEqual([]);
    });

    it('ends a commit with the reason of its signal also when its manifest is made already', async () => {
      const writer = await store.begin(key, 6);
      await writer.write(bytesOf('memory'));
      const control = new AbortController();
      const reason = new Error('enough');
      const late = async (proof: CommittedArtifact): Promise<Json> => {
        control.abort(reason);
        return manifestOf(proof);
      };
      await expect(writer.commit(late, { signal: control.signal })).rejects.toBe(reason);
      await writer.abort();
      expect([await store.find(key), await store.manifest(key)]).toEqual([null, null]);
      expect(await store.sweep()).toEqual([]);
    });

    it('tells how far the digest is', async () => {
      const writer = await store.begin(key, 3 << 20);
      await writer.write(new Uint8Array(3 << 20));
      const seen: number[] = [];
      await writer.commit(manifestOf, { digested: (bytes) => seen.push(bytes) });
      expect(seen.at(-1)).toBe(3 << 20);
      expect(seen).toEqual([...seen].sort((left, right) => left - right));
    });

    it('refuses a name that is taken by an artifact or by another writer', async () => {
      await commit(store, key, 'first');
      await expect(store.begin(key, 1)).rejects.toMatchObject({ code: 'ARTIFACT_EXISTS' });
      const other = { folder, file: 'other.elf' };
      const writer = await store.begin(other, 1);
      await expect(store.begin(other, 1)).rejects.toMatchObject({ code: 'ARTIFACT_EXISTS' });
      await writer.abort();
      expect(Buffer.from(await contents(store, key)).toString()).toBe('first');
    });

    it('refuses to patch what was never written, and to skip backwards', async () => {
      const writer = await store.begin(key, 10);
      await writer.write(bytesOf('memory'));
      await expect(writer.patch(5, bytesOf('yz'))).rejects.toThrow(RangeError);
      await writer.abort();
      for (const wrong of [-1, 0.5, Number.NaN]) {
        const second = await store.begin(key, 10);
        await second.skip(4);
        await expect(second.patch(wrong, bytesOf('y'))).rejects.toThrow(RangeError);
        await second.abort();
        const third = await store.begin(key, 10);
        await expect(third.skip(wrong)).rejects.toThrow(RangeError);
        await third.abort();
      }
    });

    it('patches up to the very end of what was written, and reads no further', async () => {
      const writer = await store.begin(key, 6);
      await writer.write(bytesOf('memory'));
      await writer.patch(4, bytesOf('RY'));
      expect(Buffer.from(await writer.read(3, 100)).toString()).toBe('oRY');
      expect(await writer.read(6, 1)).toHaveLength(0);
      expect(await writer.read(9, 1)).toHaveLength(0);
      await writer.commit(manifestOf);
      expect(Buffer.from(await contents(store, key)).toString()).toBe('memoRY');
    });

    it.each(['', '.', '..', '../x', 'a/b', '.hidden', 'a\0b', 'a b', 'ünï', '-rf', 'x'.repeat(201)])(
      'refuses %j as a name, in every method',
      async (bad) => {
        for (const wrong of [
          { folder: bad, file: key.file },
          { folder, file: bad },
        ]) {
          const calls = [
            () => store.begin(wrong, 1),
            () => store.find(wrong),
            () => store.open(wrong),
            () => store.manifest(wrong),
            () => store.remove(wrong),
          ];
          for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'BAD_INPUT' });
        }
      },
    );

    it('refuses a manifest’s name for an artifact', async () => {
      await expect(store.begin({ folder, file: 'x.json' }, 1)).rejects.toMatchObject({ code: 'BAD_INPUT' });
    });

    it('takes names of the full length', async () => {
      const long = { folder: 'f'.repeat(200), file: 'x'.repeat(200) };
      await commit(store, long, 'long');
      expect(await store.manifest(long)).not.toBeNull();
    });

    it('reads at random, fewer bytes only at the end', async () => {
      await commit(store, key, '0123456789');
      const reader = await store.open(key);
      expect(reader.sizeBytes).toBe(10);
      expect(Buffer.from(await reader.read(3, 4)).toString()).toBe('3456');
      expect(Buffer.from(await reader.read(8, 4)).toString()).toBe('89');
      expect(await reader.read(10, 4)).toHaveLength(0);
      expect(await reader.read(4000, 4)).toHaveLength(0);
      await reader.close();
      await reader.close();
    });

    it('removes artifact and manifest, once', async () => {
      await commit(store, key, 'memory');
      expect(await store.remove(key)).toBe(true);
      expect(await store.remove(key)).toBe(false);
      expect(await store.find(key)).toBeNull();
      expect(await store.manifest(key)).toBeNull();
      expect(await store.sweep()).toEqual([]);
    });

    it('lists in the order of keys', async () => {
      const keys = ['b/2', 'a/10', 'b/1', 'a/9', 'B/1'].map((name) => name.split('/') as [string, string]);
      for (const [at, file] of keys) await commit(store, { folder: at, file }, file);
      expect(await collect(store)).toEqual(['B/1', 'a/10', 'a/9', 'b/1', 'b/2']);
    });

    it('refuses what cannot fit, counting what other writers still expect', async () => {
      const { freeBytes, totalBytes } = await store.space();
      expect(freeBytes).toBeGreaterThan(0);
      expect(totalBytes).toBeGreaterThanOrEqual(freeBytes);
      await expect(store.begin(key, totalBytes + 1)).rejects.toMatchObject({ code: 'NO_SPACE' });
      const share = Math.floor(freeBytes * 0.6);
      const first = await store.begin(key, share);
      const second = { folder, file: 'second' };
      await expect(store.begin(second, share)).rejects.toMatchObject({ code: 'NO_SPACE' });
      await first.abort();
      const later = await store.begin(second, share);
      await later.abort();
    });
  });
}

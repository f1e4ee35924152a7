import { describe, expect, it } from 'vitest';
import { createIdSource } from '../../src/domain/id.ts';
import { ArtifactTidy } from '../../src/dumps/artifact-tidy.ts';
import type { StoredArtifact } from '../../src/storage/artifact-store.ts';

type State = 'AVAILABLE' | 'DELETED' | 'RUNNING' | 'NONE';

/** A store with artifacts of which the catalogue says this much. */
function tidyOf(states: readonly State[], names: { readonly foreign?: readonly string[] } = {}) {
  const createId = createIdSource();
  const ids = states.map(() => createId());
  const artifact = (file: string): StoredArtifact => ({
    key: { folder: 'machine', file },
    sizeBytes: 10,
    location: `/dumps/machine/${file}`,
    ctime: 0,
    mtime: 0,
    atime: 0,
  });
  const stored = new Map(
    [...ids.map((id) => `20250102T030405Z_${id}.elf.zst`), ...(names.foreign ?? [])].map((file) => [
      file,
      artifact(file),
    ]),
  );
  const asked: number[] = [];
  const removed: string[] = [];
  const stateOf = (id: string) => states[ids.indexOf(id)];
  const tidy = new ArtifactTidy({
    store: {
      async *list() {
        yield* [...stored.values()];
      },
      remove: async ({ file }: { file: string }) => {
        removed.push(file);
        return stored.delete(file);
      },
    } as never,
    records: {
      get: async (wanted: readonly string[]) => {
        asked.push(wanted.length);
        return wanted.map((id) => {
          const state = stateOf(id);
          return state === 'AVAILABLE' || state === 'DELETED' ? { id, state } : null;
        });
      },
    } as never,
    operations: {
      get: async (wanted: readonly string[]) =>
        wanted.map((id) => (stateOf(id) === 'RUNNING' ? { id, state: 'RUNNING' } : null)),
    } as never,
  });
  return { tidy, ids, stored, asked, removed };
}

describe('artifacts without a record', () => {
  it('are counted, and the first twenty are named', async () => {
    const { tidy, asked } = tidyOf(Array.from({ length: 401 }, () => 'NONE'));
    expect(tidy.unwanted).toBeNull();
    expect(await tidy.look()).toEqual([]);
    expect(tidy.unwanted).toMatchObject({ count: 401, sizeBytes: 4010 });
    expect(tidy.unwanted?.locations).toHaveLength(20);
    // Not all at once: there may be many.
    expect(asked).toEqual([200, 200, 1]);
  });

  it('are asked for no more often than there are any', async () => {
    const none = tidyOf([]);
    await none.tidy.look();
    const many = tidyOf(Array.from({ length: 200 }, () => 'AVAILABLE'));
    await many.tidy.look();
    expect([none.asked, many.asked]).toEqual([[], [200]]);
  });

  it('are not those of a dump that is about to complete, nor what is named as nothing of ours', async () => {
    const foreign = ['notes.txt', '20250102T030405Z_notes.elf', 'image.elf.zst'];
    const { tidy, stored, removed } = tidyOf(['AVAILABLE', 'DELETED', 'RUNNING', 'NONE'], { foreign });
    const files = [...stored.keys()];
    expect(await tidy.look()).toEqual([`/dumps/machine/${files[1]}`]);
    expect(tidy.unwanted).toEqual({ count: 1, sizeBytes: 10, locations: [`/dumps/machine/${files[3]}`] });
    expect(removed).toEqual([files[1]]);
    expect(await tidy.removeUnwanted()).toMatchObject({ count: 1 });
    expect(removed).toEqual([files[1], files[3]]);
    expect(tidy.unwanted).toEqual({ count: 0, sizeBytes: 0, locations: [] });
    expect([...stored.keys()].sort()).toEqual([files[0], files[2], ...foreign].sort());
  });

  it('are not removed before it was looked whether they still have none', async () => {
    const { tidy, removed } = tidyOf(['NONE']);
    expect(await tidy.removeUnwanted()).toMatchObject({ count: 1 });
    expect(removed).toHaveLength(1);
  });

  it('are unknown while it is looked again', async () => {
    const { tidy } = tidyOf(['NONE']);
    await tidy.look();
    const again = tidy.lookAgain();
    expect(tidy.unwanted).toBeNull();
    await again;
    expect(tidy.unwanted).toMatchObject({ count: 1 });
  });

  it('are not looked for any more when the server stops', async () => {
    const { tidy, asked, removed } = tidyOf(['DELETED']);
    const reason = new Error('the server stops');
    await expect(tidy.look(AbortSignal.abort(reason))).rejects.toBe(reason);
    expect([asked, removed, tidy.unwanted]).toEqual([[], [], null]);
  });
});

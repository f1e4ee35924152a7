import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { HeapCapture } from '../../src/heaps/captures/heap-capture.ts';
import { createCaptureReader, createCaptureWriter } from '../../src/heaps/sqlite/capture-rows.ts';
import { openHeapWorld } from '../fakes/heap-world.ts';
import { writeSnapshot } from '../formats/heap-snapshot/written-snapshot.ts';

const text = writeSnapshot([
  { type: 'synthetic', edges: [{ to: 1 }] },
  { name: 'Session', size: 64 },
]);

async function* content() {
  yield Buffer.from(text);
}

type World = Awaited<ReturnType<typeof openHeapWorld>>;

const upload = (world: World, session: string, phase: 'before' | 'after' = 'before') =>
  world.heaps.upload({ service: 'shop', container: 'c1', session, phase }, content(), 'tester');

const pathOf = (world: World, { folder, file }: HeapCapture) => join(world.folder, 'heaps', folder, file);

describe('stored captures', () => {
  it('are read back by an operation, which names the frame that is damaged and marks the capture', async () => {
    const world = await openHeapWorld();
    const capture = await upload(world, 's1');
    const verify = async () => {
      const { id } = await world.heaps.verify(capture.id, 'tester');
      return (await world.operations.settled(id)).result;
    };
    expect(await verify()).toEqual({ captureId: capture.id, intact: true, damage: null });
    const bytes = readFileSync(pathOf(world, capture));
    bytes[20] = (bytes[20] ?? 0) ^ 0xff;
    writeFileSync(pathOf(world, capture), bytes);
    expect(await verify()).toMatchObject({ intact: false, damage: expect.stringMatching(/SHA-256 is .*frame 0 at/) });
    expect((await world.heaps.find(capture.id)).state).toBe('DAMAGED');
  });

  it('are deleted with file, manifest and results, and a session goes with its last capture', async () => {
    const world = await openHeapWorld();
    const [before, after] = [await upload(world, 's1'), await upload(world, 's1', 'after')];
    await world.heaps.diff(before.id, after.id);
    await world.heaps.remove(before.id);
    expect(await world.store.find(before)).toBe(null);
    expect(await world.heaps.sessions({ limit: 10 })).toMatchObject([{ captures: [{ id: after.id }] }]);
    await expect(world.heaps.diff(before.id, after.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await world.heaps.remove(after.id);
    expect(await world.heaps.sessions({ limit: 10 })).toEqual([]);
    await expect(world.heaps.remove(after.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('come back into an empty catalogue from their manifests, and deletions that were cut off are finished', async () => {
    const world = await openHeapWorld();
    const [kept, gone] = [await upload(world, 's1'), await upload(world, 's2')];
    // A server that ends between the two steps of a deletion.
    await world.catalogue.delete(gone.id);
    expect(await world.captures.reconcile()).toMatchObject({ removed: [gone.location], added: 0 });
    expect(await world.store.find(gone)).toBe(null);
    await world.catalogue.forget(kept.id);
    expect(await world.heaps.sessions({ limit: 10 })).toEqual([]);
    expect(await world.captures.reconcile()).toEqual({ removed: [], added: 1, unreadable: 0 });
    expect(await world.heaps.find(kept.id)).toEqual({ ...kept, state: 'AVAILABLE' });
    expect(await world.captures.reconcile()).toEqual({ removed: [], added: 0, unreadable: 0 });
  });
});

describe('the catalogue of captures', () => {
  it('reads a page of many from an index, without sorting and without the others', async () => {
    const world = await openHeapWorld();
    const { state: _, ...sample } = await upload(world, 's1');
    const connection = new DatabaseSync(':memory:');
    const writer = createCaptureWriter(connection);
    const many = Array.from({ length: 3000 }, (_, at) => ({
      ...sample,
      id: `c${at}`,
      sessionId: `s${at >> 1}`,
      index: at & 1,
      service: at % 3 === 0 ? 'shop' : 'search',
      takenAtMs: 1000 + at,
    }));
    expect(writer.add(many)).toBe(3000);
    expect(writer.add(many.slice(0, 10))).toBe(0);
    const reader = createCaptureReader(connection);
    expect(reader.page({ limit: 2 }).map(({ id }) => id)).toEqual(['c2999', 'c2998']);
    expect(reader.page({ limit: 2, offset: 2990, service: 'shop' })).toEqual([]);
    expect(reader.page({ limit: 2, service: 'shop', offset: 1 }).map(({ id }) => id)).toEqual(['c2994', 'c2991']);
    expect(reader.sessions({ limit: 1, offset: 1 })).toMatchObject([
      { id: 's1498', captures: [{ id: 'c2996' }, { id: 'c2997' }] },
    ]);
    const plans = [
      `SELECT manifest FROM heap_captures WHERE state <> 'DELETED' ORDER BY taken_at_ms DESC, id LIMIT 50`,
      `SELECT manifest FROM heap_captures WHERE state <> 'DELETED' AND service = 'shop' ORDER BY taken_at_ms DESC, id LIMIT 50`,
      'SELECT * FROM heap_sessions ORDER BY last_ms DESC, id LIMIT 50',
    ].map((sql) => JSON.stringify(connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()));
    for (const plan of plans) expect(plan).toMatch(/USING INDEX heap_/);
    for (const plan of plans) expect(plan).not.toMatch(/TEMP B-TREE/);
    connection.close();
  });
});

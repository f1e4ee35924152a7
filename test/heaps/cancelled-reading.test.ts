import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pause } from '../../src/async/pause.ts';
import { endlessStoreModule } from '../fakes/endless-store.ts';
import { openHeapWorld } from '../fakes/heap-world.ts';
import { writeSnapshot } from '../formats/heap-snapshot/written-snapshot.ts';

const text = writeSnapshot([
  { type: 'synthetic', edges: [{ to: 1 }] },
  { name: 'Session', size: 64 },
]);

async function* content() {
  yield Buffer.from(text);
}

/** Two captures, and a thread that reads neither to its end while `endless` is there. */
async function openEndlessWorld() {
  const world = await openHeapWorld({ module: endlessStoreModule });
  const upload = (phase: 'before' | 'after') =>
    world.heaps.upload({ service: 'shop', container: null, session: 's', phase }, content(), 'tester');
  const [before, after] = [await upload('before'), await upload('after')];
  const file = (name: string) => join(world.folder, 'heaps', name);
  const pulse = () => statSync(file('pulse'), { throwIfNoEntry: false })?.size ?? 0;
  writeFileSync(file('endless'), '');
  return {
    ...world,
    before,
    after,
    pulse,
    begun: () => expect.poll(pulse, { timeout: 20_000 }).toBeGreaterThan(0),
    /** Nothing works any more: a thread that lives adds to its pulse every few milliseconds. */
    still: () =>
      expect
        .poll(
          async () => {
            const size = pulse();
            await pause(300);
            return pulse() - size;
          },
          { timeout: 20_000 },
        )
        .toBe(0),
    calm: () => rmSync(file('endless')),
  };
}

describe('reading a snapshot', () => {
  it('ends its thread when a comparison is cancelled, and the next question is answered by another', async () => {
    const world = await openEndlessWorld();
    const cancel = new AbortController();
    const diff = world.heaps.diff(world.before.id, world.after.id, cancel.signal);
    const waiting = world.heaps.summary(world.after.id);
    await world.begun();
    cancel.abort(new Error('nobody waits'));
    await expect(diff).rejects.toThrow('nobody waits');
    // The one in line begins, on a thread of its own.
    world.calm();
    expect(await waiting).toMatchObject({ nodeCount: 2 });
    expect(await world.heaps.diff(world.before.id, world.after.id)).toMatchObject({ comparedBy: 'CLASS' });
    await world.still();
  });

  it('ends its thread for every kind of question', async () => {
    const world = await openEndlessWorld();
    const questions = [
      (signal: AbortSignal) => world.heaps.summary(world.before.id, signal),
      (signal: AbortSignal) => world.heaps.objects(world.before.id, 'Session', 10, signal),
      (signal: AbortSignal) => world.heaps.retainers(world.before.id, 1, 10, signal),
      (signal: AbortSignal) => world.heaps.path(world.before.id, 1, signal),
    ];
    for (const ask of questions) {
      const cancel = new AbortController();
      const before = world.pulse();
      const asked = ask(cancel.signal);
      await expect.poll(world.pulse, { timeout: 20_000 }).toBeGreaterThan(before);
      cancel.abort(new Error('nobody waits'));
      await expect(asked).rejects.toThrow('nobody waits');
      await world.still();
    }
  });

  it('goes on while one of two that asked the same still waits', async () => {
    const world = await openEndlessWorld();
    const cancel = new AbortController();
    const left = world.heaps.summary(world.before.id, cancel.signal);
    const stays = world.heaps.summary(world.before.id, new AbortController().signal);
    await world.begun();
    cancel.abort(new Error('nobody waits'));
    await expect(left).rejects.toThrow('nobody waits');
    world.calm();
    expect(await stays).toMatchObject({ nodeCount: 2 });
  });

  it('ends when a verification is cancelled', async () => {
    const world = await openEndlessWorld();
    const { id } = await world.heaps.verify(world.before.id, 'tester');
    await world.begun();
    await world.operations.cancel(id, 'tester');
    expect((await world.operations.settled(id)).state).toBe('CANCELLED');
    await world.still();
    expect((await world.heaps.find(world.before.id)).state).toBe('AVAILABLE');
  });
});

import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, startBench } from './bench.ts';
import { lacksBench, lacksOldGeneration } from './generation.ts';
import type { Guest } from './guest.ts';
import { litmus, litmusReports, nextReports } from './litmus.ts';
import { judgeLitmus } from './litmus-check.ts';
import { watchQemuEvents } from './qemu-events.ts';
import { snapshotStream, startSnapshot } from './snapshot-stream.ts';
import { streamPages } from './stream-pages.ts';

/**
 * What Memoir relies on QEMU for, shown on a real one without Memoir's code. Not for every day: BENCH_FACTS=1 runs it, with
 * BENCH_OLD=1 on the old generation too.
 */
const asked = process.env.BENCH_FACTS === '1';

/** What the litmus says against a background snapshot that is taken now. */
async function snapshotProblems(bench: Bench, guest: Guest): Promise<readonly string[]> {
  const pages = streamPages(await snapshotStream(bench, guest)).map(({ bytes }) => bytes);
  return (await judgeLitmus(pages)).problems;
}

/** Breaks a background snapshot off in its middle: something has come, most has not. */
async function breakOff(bench: Bench, guest: Guest, how: 'receiver dies' | 'cancel'): Promise<string | undefined> {
  await using snapshot = await startSnapshot(bench, guest);
  await once(snapshot.socket, 'readable');
  snapshot.socket.read();
  if (how === 'cancel') await guest.qmp('migrate_cancel');
  snapshot.socket.destroy();
  return (await snapshot.ended()).status;
}

/** Whether the guest writes: the litmus of every writer goes on. A status is no proof. */
async function executes(guest: Guest): Promise<boolean> {
  const before = litmusReports(await guest.console()).at(-1)?.beat ?? 0;
  for (let waited = 0; waited < 5000; waited += 100) {
    const reports = litmusReports(await guest.console());
    const [first, last] = [reports.find(({ beat }) => beat > before), reports.at(-1)];
    if (first && last && last.beat >= first.beat + 2)
      return last.writers.every(({ written }, writer) => written > (first.writers[writer]?.written ?? Number.NaN));
    await sleep(100);
  }
  return false;
}

/** The places in the kernel where QEMU's threads wait. */
async function waitingIn(guest: Guest): Promise<string[]> {
  const tasks = `/proc/${await guest.pid()}/task`;
  return readdirSync(tasks).map((task) => readFileSync(`${tasks}/${task}/wchan`, 'utf8'));
}

describe.skipIf(!asked || lacksBench())('QEMU of the new generation', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench();
  });
  afterAll(() => bench?.close());

  describe.each([1, 2])('with %i virtual CPUs', (vcpus) => {
    let guest: Guest;
    beforeAll(async () => {
      const program = await litmus({ writers: vcpus, pages: 8192 });
      guest = await bench.startGuest({ name: `facts-${vcpus}`, program, vcpus, memoryMiB: 256 });
      await guest.waitFor(/READY/);
    }, 300_000);
    afterAll(() => guest?.destroy());

    it('takes background snapshots of one moment under full load, and pauses for milliseconds', async () => {
      await using events = await watchQemuEvents(bench, guest);
      for (let round = 0; round < 5; round++) {
        expect(await snapshotProblems(bench, guest)).toEqual([]);
      }
      const pauses = events.pausesMs();
      expect(pauses).toHaveLength(5);
      process.stdout.write(`pauses with ${vcpus} CPUs, ms: ${pauses.map((ms) => ms.toFixed(1)).join(' ')}\n`);
    }, 120_000);

    it.each(['receiver dies', 'cancel'] as const)('lets the guest run when a snapshot ends early: %s', async (how) => {
      expect(await breakOff(bench, guest, how)).toBe(how === 'cancel' ? 'cancelled' : 'failed');
      expect(await executes(guest)).toBe(true);
      expect(await snapshotProblems(bench, guest)).toEqual([]);
    });

    it('keeps a paused guest paused', async () => {
      await bench.virsh('suspend', guest.uuid);
      await snapshotStream(bench, guest);
      expect(await guest.qmp('query-status')).toMatchObject({ status: 'paused' });
      await bench.virsh('resume', guest.uuid);
      expect((await nextReports(guest)).length).toBe(2);
    });

    it('saves and restores the guest after all that', async () => {
      const file = `${bench.exchange}/saved-${vcpus}`;
      await bench.virsh('save', guest.uuid, file);
      await bench.virsh('restore', file);
      expect(await executes(guest)).toBe(true);
    }, 120_000);
  });
});

describe.skipIf(!asked || lacksOldGeneration())('QEMU of the old generation', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench({ generation: 'old' });
  });
  afterAll(() => bench?.close());

  it.each(['receiver dies', 'cancel'] as const)(
    'freezes the guest for good when a snapshot ends early, and calls it running: %s',
    async (how) => {
      const guest = await bench.startGuest({ name: `frozen-${how[0]}`, program: await litmus(), memoryMiB: 256 });
      await nextReports(guest);
      const { socket } = await startSnapshot(bench, guest);
      await once(socket, 'readable');
      if (how === 'cancel') await guest.qmp('migrate_cancel');
      socket.destroy();
      expect(await executes(guest)).toBe(false);
      expect(await waitingIn(guest)).toContain('handle_userfault');
      expect(await guest.state()).toBe('running');
      // The frozen CPU may hold QEMU's big lock: then QMP answers nothing at all any more.
      const status = guest.qmp('query-status').then((answer) => (answer as { status: string }).status);
      expect(['running', 'silence']).toContain(await Promise.race([status, sleep(5000, 'silence')]));
    },
    300_000,
  );

  it('lets a paused guest run after a snapshot', async () => {
    const guest = await bench.startGuest({ name: 'paused', program: await litmus({ pages: 64 }), memoryMiB: 128 });
    await guest.waitFor(/READY/);
    await bench.virsh('suspend', guest.uuid);
    await snapshotStream(bench, guest);
    expect(await guest.qmp('query-status')).toMatchObject({ status: 'running' });
  }, 300_000);
});

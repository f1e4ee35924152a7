import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startServer } from '../server-process.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { type Bench, startBench } from './bench/bench.ts';
import { lacksBench } from './bench/generation.ts';
import { idle, mounts } from './bench/programs.ts';

/** Says READY and never rests. */
const busy = { init: `${mounts}\necho READY\nwhile :; do :; done\n` };

const question = `{ vms { name usage {
  cpuPercent memoryBytes memoryUsedBytes memoryRssBytes blockReadBytesPerSecond networkReceiveBytesPerSecond
} stats { source points { samples cpuPercent } } } }`;

// The whole way: counters of real guests, by libvirt, through sampler, ring and API.
describe.skipIf(lacksBench())('the usage of real guests', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench();
    const nic = "<interface type='user'><model type='virtio'/></interface>";
    const guests = await Promise.all([
      bench.startGuest({ name: 'works', program: busy, memoryMiB: 128, devicesXml: nic }),
      bench.startGuest({ name: 'rests', program: idle(), memoryMiB: 96 }),
    ]);
    await Promise.all(guests.map((guest) => guest.waitFor(/READY/)));
  }, 240_000);
  afterAll(() => bench?.close());

  it('is measured, tells the busy one from the idle one, and ends with the guest', async () => {
    const server = await startServer(temporaryFolder(), { LIBVIRT_URI: bench.uri });
    const read = async () => {
      const { vms } = await server.query(question);
      return Object.fromEntries(vms.map((vm: { name: string }) => [vm.name, vm]));
    };
    const patient = { timeout: 90_000, interval: 500 };
    const { works, rests } = await vi.waitFor(async () => {
      const machines = await read();
      expect(machines.works.usage.cpuPercent).not.toBeNull();
      expect(machines.rests.usage.cpuPercent).not.toBeNull();
      // A busy monitor leaves a round out: the second value of each is waited for, not counted on.
      for (const { stats } of [machines.works, machines.rests]) expect(stats.points.length).toBeGreaterThanOrEqual(2);
      return machines;
    }, patient);
    expect(works.usage.cpuPercent).toBeGreaterThan(rests.usage.cpuPercent);
    expect(works.usage).toMatchObject({ memoryBytes: 128 << 20, blockReadBytesPerSecond: 0 });
    // Nobody counts what passes a user-mode network; without one, nothing does.
    expect(works.usage.networkReceiveBytesPerSecond).toBeNull();
    expect(rests.usage).toMatchObject({ memoryBytes: 96 << 20, networkReceiveBytesPerSecond: 0 });
    for (const { usage, stats } of [works, rests]) {
      expect(usage.memoryRssBytes).toBeGreaterThan(1 << 20);
      expect(stats.source).toBe('RING');
    }
    process.stdout.write(`busy: ${JSON.stringify(works.usage)}\nidle: ${JSON.stringify(rests.usage)}\n`);

    await bench.virsh('destroy', 'works');
    await vi.waitFor(async () => expect((await read()).works?.usage ?? null).toBeNull(), patient);
    expect((await read()).rests.usage).not.toBeNull();
  }, 240_000);
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe } from 'vitest';
import { createLibvirtHypervisor } from '../../../src/machines/libvirt/hypervisor.ts';
import { hypervisorSuite } from '../../contracts/hypervisor.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { domainXml } from '../bench/domain-xml.ts';
import { lacksBench } from '../bench/generation.ts';
import type { Guest } from '../bench/guest.ts';
import { idle } from '../bench/programs.ts';

// The contract on a real libvirt with real guests: one runs, one is paused by a person, one is defined and off.
describe.skipIf(lacksBench())('libvirt', () => {
  let bench: Bench;
  let guests: readonly [Guest, Guest];
  beforeAll(async () => {
    bench = await startBench();
    guests = await Promise.all([
      bench.startGuest({ name: 'runs', program: idle({ noiseMiB: 40 }), vcpus: 2 }),
      bench.startGuest({ name: 'rests', program: idle() }),
    ]);
    await Promise.all(guests.map((guest) => guest.waitFor(/READY/)));
  }, 240_000);

  hypervisorSuite('libvirt with QEMU guests', async () => {
    const stateFolder = await mkdtemp(join(tmpdir(), 'memoir-state-'));
    const [running, paused] = guests;
    // Suspended and resumed once, so that the reason of its state is what it will be again after a capture.
    await bench.virsh('suspend', running.uuid);
    await bench.virsh('resume', running.uuid);
    await bench.virsh('suspend', paused.uuid);
    const definition = join(bench.folder, 'off.xml');
    await writeFile(
      definition,
      domainXml({
        name: 'off',
        memoryMiB: 64,
        vcpus: 1,
        machine: 'q35',
        boot: { kernel: join(bench.folder, 'boot', 'vmlinuz'), initrd: '/nonexistent' },
        console: join(bench.folder, 'off.log'),
      }),
    );
    await bench.virsh('define', definition);
    const hypervisor = await createLibvirtHypervisor({ uri: bench.uri, stateFolder });
    return {
      hypervisor,
      running: 'runs',
      paused: 'rests',
      off: 'off',
      pause: async (name) => void (await bench.virsh('suspend', name)),
      resume: async (name) => void (await bench.virsh('resume', name)),
      dispose: async () => {
        await bench.close();
        await rm(stateFolder, { recursive: true });
      },
    };
  });
});

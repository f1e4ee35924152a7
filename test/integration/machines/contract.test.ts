import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { createLibvirtHypervisor } from '../../../src/machines/libvirt/hypervisor.ts';
import { hypervisorSuite } from '../../contracts/hypervisor.ts';
import { startBench } from '../bench/bench.ts';
import { domainXml } from '../bench/domain-xml.ts';
import { lacksBench } from '../bench/generation.ts';
import { idle } from '../bench/programs.ts';
import { writeFile } from 'node:fs/promises';

// The contract on a real libvirt with real guests: one runs, one is paused by a person, one is defined and off.
describe.skipIf(lacksBench())('libvirt', () => {
  hypervisorSuite('libvirt with QEMU guests', async () => {
    const bench = await startBench();
    const stateFolder = await mkdtemp(join(tmpdir(), 'memoir-state-'));
    const [running, paused] = await Promise.all([
      bench.startGuest({ name: 'runs', program: idle({ noiseMiB: 40 }), vcpus: 2 }),
      bench.startGuest({ name: 'rests', program: idle() }),
    ]);
    await Promise.all([running.waitFor(/READY/), paused.waitFor(/READY/)]);
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

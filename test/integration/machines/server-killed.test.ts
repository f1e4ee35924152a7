import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLibvirtHypervisor } from '../../../src/machines/libvirt/hypervisor.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { lacksBench } from '../bench/generation.ts';
import type { Guest } from '../bench/guest.ts';
import { litmus } from '../bench/litmus.ts';
import { expectSavable, expectUntouched } from './invariant.ts';

/** How often each method is killed; KILLS=100 for the long run. */
const kills = Number(process.env.KILLS ?? 4);

describe.skipIf(lacksBench())('a server that is killed during a capture', () => {
  let bench: Bench;
  let guest: Guest;

  beforeAll(async () => {
    bench = await startBench();
    guest = await bench.startGuest({ name: 'counts', program: await litmus({ pages: 4096 }) });
    await guest.waitFor(/READY/);
  }, 240_000);
  afterAll(() => bench?.close());

  it.each(['SNAPSHOT', 'CORE_DUMP'])(
    `leaves nothing that the next one does not put right (%s, ${kills} times)`,
    { timeout: 120_000 + kills * 30_000 },
    async (method) => {
      const stateFolder = join(bench.folder, `state-${method}`);
      for (let kill = 0; kill < kills; kill++) {
        const words = [
          join(import.meta.dirname, 'capture-child.ts'),
          bench.uri,
          stateFolder,
          bench.exchange,
          'counts',
          method,
        ];
        const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
        await once(createInterface(child.stdout), 'line');
        // Anywhere in the second that a capture takes; every place is as good as another.
        await sleep((1000 * kill) / kills + Math.random() * (1000 / kills));
        child.kill('SIGKILL');
        await once(child, 'exit');

        const hypervisor = await createLibvirtHypervisor({
          uri: bench.uri,
          stateFolder,
          meetingFolders: [bench.exchange],
        });
        try {
          const { pending } = await hypervisor.recover();
          expect(pending).toEqual([]);
          await expectUntouched(guest);
          expect(await readdir(join(stateFolder, 'captures')).catch(() => [])).toEqual([]);
          expect((await readdir(bench.exchange)).filter((name) => name.startsWith('memoir-'))).toEqual([]);
          expect(await hypervisor.recover()).toEqual({ repaired: [], pending: [] });
        } finally {
          await hypervisor.close();
        }
      }
      await expectSavable(bench, guest);
    },
  );
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isMemoirError } from '../../src/domain/memoir-error.ts';
import { serialOf } from '../../src/volumes/serial.ts';
import { openSameThreadDatabase } from '../fakes/same-thread-database.ts';
import { callLies, kernelLies, LyingWorld } from '../fakes/volumes/lying-world.ts';
import { openVolumeServer } from '../fakes/volumes/volume-server.ts';
import { thorough } from '../thorough.ts';

const size = 2 ** 23;
const names = ['a', 'b', 'c'] as const;
const runs = Number(process.env.VOLUME_LIES ?? (thorough ? 25 : 8));

const deed = fc.record({
  verb: fc.constantFrom('create', 'attach', 'detach', 'remove', 'reconcile', 'device'),
  name: fc.constantFrom(...names),
  machine: fc.constantFrom('db01', 'web01'),
  kernel: fc.constantFrom(...kernelLies),
});

type Deed = typeof deed extends fc.Arbitrary<infer D> ? D : never;

it.each([
  ['with serials', true],
  ['without serials', false],
])(
  'no lie of a provider or a kernel ends in a wrong mapping, and what is left is put right when they tell the truth: %s',
  async (_, withSerials) => {
    let attached = 0;
    const property = fc.asyncProperty(
      fc.array(deed, { minLength: 3, maxLength: 14 }),
      fc.array(fc.constantFrom(...callLies), { maxLength: 14 }),
      async (deeds, script) => {
        const folder = mkdtempSync(join(tmpdir(), 'memoir-lies-'));
        const world = new LyingWorld({ withSerials });
        const server = await openVolumeServer(folder, {
          lie: world.lie,
          deviceTimeoutMs: 5,
          open: openSameThreadDatabase,
        });
        const { volumes, operations, disks, names: links } = server;
        const caller = { actor: 'tester' };

        /** Whatever may be used is what it says it is. */
        const check = async () => {
          for (const volume of await volumes.list()) {
            const device = await volumes.device(volume.id).catch((error: unknown) => {
              if (isMemoirError(error)) return null;
              throw error;
            });
            if (device === null) continue;
            attached += 1;
            expect(world.truth(device)).toBe(serialOf(volume.id));
          }
        };
        const act = async ({ verb, name, machine, kernel }: Deed) => {
          world.kernel = kernel;
          if (verb === 'reconcile') return volumes.reconcile();
          if (verb === 'device') return volumes.device(name);
          const create = () =>
            volumes.create({ name, sizeBytes: size, placement: { zone: null, offering: null } }, caller);
          const start = {
            create,
            attach: () => volumes.attach(name, machine, caller),
            detach: () => volumes.detach(name, null, caller),
            remove: () => volumes.remove(name, caller),
          };
          return operations.settled((await start[verb]()).id);
        };

        try {
          for (const name of ['a', 'b'] as const)
            for (const verb of ['create', 'attach'] as const)
              await act({ verb, name, machine: 'db01', kernel: 'NONE' });
          world.begin(script);
          for (const one of deeds) {
            await act(one).catch((error: unknown) => {
              if (!isMemoirError(error)) throw error;
              expect(error.code).not.toBe('INTERNAL');
            });
            await check();
          }
          world.calm();
          await volumes.reconcile();
          await volumes.reconcile();
          // Catalogue and world agree: nothing is doubled, orphaned or lost.
          const listed = await volumes.list();
          const real = await disks.all();
          const kept = listed.filter(({ problem }) => problem?.code !== 'NOT_FOUND');
          expect(new Set(kept.map(({ id }) => id))).toEqual(new Set(real.map(({ mark }) => mark)));
          for (const volume of kept) {
            const disk = real.find(({ mark }) => mark === volume.id);
            expect(volume.attachment?.machineId).toBe(disk?.device?.machineId);
            expect(volume.state).toBe(disk?.device ? 'ATTACHED' : 'AVAILABLE');
            if (disk?.device && withSerials)
              expect((await volumes.device(volume.id)).diskseq).toBe(disk.device.diskseq);
          }
          if (!withSerials) return await check();
          const found = [...(await links.list())].sort();
          expect(found).toEqual(kept.flatMap(({ name, device }) => (device ? [[name, device.path]] : [])).sort());
          await check();
        } finally {
          await server.close();
          rmSync(folder, { recursive: true, force: true });
        }
      },
    );
    // Found by this property: numbers begin anew while a third volume of the same size comes.
    const restarted: [Deed[], []] = [
      [
        { verb: 'create', name: 'c', machine: 'db01', kernel: 'NONE' },
        { verb: 'attach', name: 'c', machine: 'db01', kernel: 'RESTARTED' },
      ],
      [],
    ];
    await fc.assert(property, { numRuns: runs, endOnFailure: false, examples: [restarted] });
    expect(attached).toBeGreaterThan(0);
  },
  600_000 + 2_000 * runs,
);

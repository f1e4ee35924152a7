import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { DemoDisk } from '../../src/volumes/demo/demo-disks.ts';
import type { ReconcileReport } from '../../src/volumes/reconcile/reconcile-report.ts';
import type { Volume } from '../../src/volumes/volume.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { thorough } from '../thorough.ts';

const run = promisify(execFile);
const script = new URL('../fakes/volumes/volume-child.ts', import.meta.url).pathname;

/** VOLUME_KILLS=1 takes every step, as before a release; 4 every fourth. */
const every = Number(process.env.VOLUME_KILLS ?? (thorough ? 4 : 12));

interface Found {
  readonly report: ReconcileReport;
  readonly volumes: readonly Volume[];
  readonly disks: readonly DemoDisk[];
  readonly names: readonly (readonly [string, string])[];
  readonly operations: readonly { readonly kind: string; readonly state: string }[];
}

/** Runs the child; resolves with its output, also when it has killed itself. */
async function child(...args: string[]): Promise<string> {
  const result = await run(process.execPath, [script, ...args]).catch(
    (error: { signal?: string; stdout: string; stderr: string }) => {
      if (error.signal === 'SIGKILL') return error;
      throw new Error(error.stderr);
    },
  );
  return result.stdout;
}

/** All that a child reaches which nobody kills, in order. */
async function steps(): Promise<readonly string[]> {
  const output = await child(temporaryFolder(), 'none');
  return [...output.matchAll(/^STEP (.*)$/gm)].map(([, step]) => step as string);
}

async function recover(folder: string): Promise<Found> {
  const output = await child(folder);
  return JSON.parse(/^STATE (.*)$/m.exec(output)?.[1] as string);
}

/** Catalogue, world and names say the same, and nothing is busy any more. */
function expectAgreement({ report, volumes, disks, names, operations }: Found): void {
  expect(report).toMatchObject({ problems: [], orphans: [], failure: null });
  expect(operations.map(({ state }) => state)).toEqual(operations.map(() => 'COMPLETED'));
  expect(volumes.map(({ id }) => id)).toEqual(disks.map(({ mark }) => mark));
  const [volume] = volumes;
  const [disk] = disks;
  expect(volume?.attachment?.machineId).toBe(disk?.device?.machineId);
  expect(volume?.device?.diskseq).toBe(disk?.device?.diskseq);
  expect(volume?.sizeBytes).toBe(disk?.sizeBytes);
  expect(names).toEqual(volume?.device ? [['data', volume.device.path]] : []);
}

it('a server that is killed at any step of a volume’s life finds the world as it is, finishes what was asked for, and leaves nothing', async () => {
  const all = await steps();
  expect(all).toContain('VOLUME_ATTACH mapped');
  const chosen = all.filter((_, index) => index % every === every >> 1);
  for (const step of chosen) {
    const folder = temporaryFolder();
    expect(await child(folder, step)).not.toContain('STEP VOLUME_DELETE done\nSTEP');
    expectAgreement(await recover(folder));
  }
}, 240_000);

it.skipIf(!thorough)(
  'a server that is killed again while it recovers does no worse',
  async () => {
    const folder = temporaryFolder();
    for (const step of ['VOLUME_ATTACH attached', 'VOLUME_ATTACH mapped', 'VOLUME_ATTACH named'])
      await child(folder, step);
    const found = await recover(folder);
    expectAgreement(found);
    expect(found.volumes).toMatchObject([{ state: 'ATTACHED' }]);
    expect(found.disks[0]?.device?.diskseq).toBe(1);
  },
  60_000,
);

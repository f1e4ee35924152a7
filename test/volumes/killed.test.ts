import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { DemoDisk } from '../../src/volumes/demo/demo-disks.ts';
import type { ReconcileReport } from '../../src/volumes/reconcile/reconcile-report.ts';
import type { Volume } from '../../src/volumes/volume.ts';
import { lacks } from '../system.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { thorough } from '../thorough.ts';

const run = promisify(execFile);
const script = new URL('../fakes/volumes/volume-child.ts', import.meta.url).pathname;

/** VOLUME_KILLS=1 takes every step and a hundred moments beside, as before a release; 4 every fourth step and 25 moments. */
const every = Number(process.env.VOLUME_KILLS ?? (thorough ? 6 : 14));
const moments = process.env.VOLUME_KILLS ? Math.ceil(100 / every) : thorough ? 3 : 1;

/** Every step is two or three processes. */
const timeoutMs = process.env.VOLUME_KILLS ? 7_200_000 : 600_000;

const env = { ...process.env, VOLUME_CHILD_EXPORTS: lacks('qemu-storage-daemon') ? '0' : '1' };

interface Found {
  readonly report: ReconcileReport;
  readonly volumes: readonly Volume[];
  readonly disks: readonly DemoDisk[];
  readonly names: readonly (readonly [string, string])[];
  readonly exports: readonly string[];
  readonly nodes?: readonly { readonly 'node-name': string }[];
  readonly operations: readonly { readonly kind: string; readonly state: string }[];
}

/** Runs the child; resolves with its output, also when it has killed itself. */
async function child(...args: string[]): Promise<string> {
  const result = await run(process.execPath, [script, ...args], { env }).catch(
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
function expectAgreement({ report, volumes, disks, names, exports, nodes, operations }: Found): void {
  expect(report).toMatchObject({ problems: [], orphans: [], failure: null });
  expect(operations.map(({ state }) => state)).toEqual(operations.map(() => 'COMPLETED'));
  expect(volumes.map(({ id }) => id)).toEqual(disks.map(({ mark }) => mark));
  const [volume] = volumes;
  const [disk] = disks;
  expect(volume?.attachment?.machineId).toBe(disk?.device?.machineId);
  expect(volume?.device?.diskseq).toBe(disk?.device?.diskseq);
  expect(volume?.sizeBytes).toBe(disk?.sizeBytes);
  expect(exports).toHaveLength(volume?.export ? 1 : 0);
  // Bytes that the storage daemon holds open; each has a node of ours, above one of the file.
  expect((nodes ?? []).filter((one) => one['node-name'].startsWith('v-'))).toHaveLength(volume?.export ? 1 : 0);
  expect(names).toEqual(volume?.device ? [['data', volume.device.path]] : []);
}

/** Runs the child and kills it at a moment of its life; it may have ended before. */
async function killedAfter(ms: number, ...args: string[]): Promise<void> {
  const running = spawn(process.execPath, [script, ...args], { env, stdio: 'ignore' });
  const ended = once(running, 'exit');
  await Promise.race([sleep(ms), ended]);
  running.kill('SIGKILL');
  await ended;
}

/** Nothing holds the lock of the storage daemon: it has ended, and there is no second one. */
async function expectNoDaemon(folder: string): Promise<void> {
  if (env.VOLUME_CHILD_EXPORTS === '1')
    await run('flock', ['-w', '10', join(folder, 'nbd', 'lock'), 'true']).catch((error: { stderr: string }) => {
      // No daemon was ever started.
      if (!error.stderr.includes('cannot open')) throw error;
    });
}

it(
  'a server that is killed at any step of a volume’s life finds the world as it is, finishes what was asked for, and leaves nothing',
  async () => {
    const all = await steps();
    expect(all).toContain('VOLUME_ATTACH mapped');
    if (env.VOLUME_CHILD_EXPORTS === '1') expect(all).toContain('EXPORT opened');
    const chosen = all.filter((_, index) => index % every === every >> 1);
    for (const step of chosen) {
      const folder = temporaryFolder();
      expect(await child(folder, step)).not.toContain('STEP VOLUME_DELETE done\nSTEP');
      expectAgreement(await recover(folder));
      await expectNoDaemon(folder);
    }
  },
  timeoutMs,
);

it(
  'a server that is killed at any moment, and again while it recovers, does no worse',
  async () => {
    const beganAtMs = performance.now();
    await child(temporaryFolder(), 'none');
    const wholeMs = performance.now() - beganAtMs;
    for (let moment = 0; moment < moments; moment++) {
      const folder = temporaryFolder();
      const afterMs = [wholeMs * Math.random(), (wholeMs / 3) * Math.random()];
      await killedAfter(afterMs[0] as number, folder, 'none');
      await killedAfter(afterMs[1] as number, folder);
      const found = await recover(folder);
      expect.soft(found, `killed after ${afterMs.join(' and ')} ms`).toBeDefined();
      expectAgreement(found);
      await expectNoDaemon(folder);
    }
  },
  timeoutMs,
);

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
  180_000,
);

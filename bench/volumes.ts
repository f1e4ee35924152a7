import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Operation } from '../src/operations/operation.ts';
import type { DeviceChange } from '../src/volumes/devices/block-device.ts';
import { createKernelDevices, type KernelDevicesOptions } from '../src/volumes/devices/kernel-devices.ts';
import { bindLoop, lacksLoopDevices, releaseLoop } from '../test/fakes/volumes/loop-device.ts';
import { openVolumeServer } from '../test/fakes/volumes/volume-server.ts';

// npm run bench -- volumes [COUNT]: how soon devices of this kernel are seen, by event and by polling alone; and how long operations on
// volumes take with a provider that takes no time. Needs root, for loop devices.

const usualCount = 200;
/** By polling alone each takes a second, so fewer will do. */
const pollingShare = 20;

export async function run([count]: readonly string[]): Promise<void> {
  const rounds = Number(count ?? usualCount);
  if (lacksLoopDevices()) console.log('devices: skipped, loop devices need root');
  else {
    report('appeared, by event', await watchDevices(rounds, { pollMs: 1e6 }));
    report('appeared, by polling alone', await watchDevices(Math.ceil(rounds / pollingShare), { monitor: null }));
  }
  await timeOperations(Math.ceil(rounds / 10));
}

function report(what: string, timesMs: readonly number[]): void {
  const sorted = timesMs.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN).toFixed(1);
  console.log(`${what}: median ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms (${sorted.length})`);
}

async function watchDevices(rounds: number, options: KernelDevicesOptions): Promise<number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'memoir-bench-'));
  const file = join(folder, 'image');
  await writeFile(file, '');
  await truncate(file, 1 << 20);
  const devices = createKernelDevices(options);
  await devices.scan();
  const waiting = new Map<string, (change: DeviceChange) => void>();
  const seen = new Map<string, DeviceChange>();
  devices.watch((change) => {
    seen.set(`${change.type} ${change.device.name}`, change);
    waiting.get(`${change.type} ${change.device.name}`)?.(change);
  });
  const told = (what: string): Promise<unknown> =>
    seen.has(what) ? Promise.resolve() : new Promise((resolve) => waiting.set(what, resolve));
  const times: number[] = [];
  // Nothing of the watch keeps a process alive.
  const alive = setInterval(() => undefined, 1_000);
  // The monitor needs a moment before it hears anything.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  for (let round = 0; round < rounds; round += 1) {
    seen.clear();
    waiting.clear();
    // The command itself is part of it: the device is there before it ends.
    const began = performance.now();
    const name = await bindLoop(file);
    await told(`APPEARED ${name}`);
    times.push(performance.now() - began);
    await releaseLoop(name);
    await told(`GONE ${name}`);
  }
  clearInterval(alive);
  await devices.close();
  await rm(folder, { recursive: true });
  return times;
}

async function timeOperations(rounds: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'memoir-bench-'));
  const server = await openVolumeServer(folder);
  const { volumes, ended } = server;
  const caller = { actor: 'bench' };
  const times: Record<string, number[]> = { create: [], attach: [], detach: [], delete: [] };
  const timed = async (what: string, start: () => Promise<Operation>): Promise<void> => {
    const began = performance.now();
    const { state, error } = await ended(start());
    if (state !== 'COMPLETED') throw new Error(`${what}: ${error?.message}`);
    times[what]?.push(performance.now() - began);
  };
  const placement = { zone: null, offering: null };
  for (let round = 0; round < rounds; round += 1) {
    await timed('create', () => volumes.create({ name: 'data', sizeBytes: 2 ** 20, placement }, caller));
    await timed('attach', () => volumes.attach('data', 'db01', caller));
    await timed('detach', () => volumes.detach('data', null, caller));
    await timed('delete', () => volumes.remove('data', caller));
  }
  for (const [what, all] of Object.entries(times)) report(`${what}, journaled`, all);
  await server.close();
  await rm(folder, { recursive: true });
}

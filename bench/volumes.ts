import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Operation } from '../src/operations/operation.ts';
import type { DeviceChange } from '../src/volumes/devices/block-device.ts';
import { createKernelDevices, type KernelDevicesOptions } from '../src/volumes/devices/kernel-devices.ts';
import { createLibvirtProvider } from '../src/volumes/libvirt/libvirt-provider.ts';
import { bindLoop, lacksLoopDevices, releaseLoop } from '../test/fakes/volumes/loop-device.ts';
import { openVolumeServer, type VolumeServerOptions } from '../test/fakes/volumes/volume-server.ts';
import { startBench } from '../test/integration/bench/bench.ts';
import { lacksBench } from '../test/integration/bench/generation.ts';
import { diskWatcher } from '../test/integration/bench/programs.ts';

// npm run bench -- volumes [COUNT]: how soon devices of this kernel are seen, by event and by polling alone; how long operations on
// volumes take with a provider that takes no time, and with a real libvirt and a running guest; each beside what it may take. Needs
// root, for loop devices, and the packages of scripts/install-system-deps.sh for libvirt.

const usualCount = 200;
/** By polling alone each takes a second, so fewer will do. */
const pollingShare = 4;

/** What the old volume daemon promised in its own documentation, at best; and what is promised of devices. */
const promisedMs = { event: 300, polling: 2_000, create: 2_000, attach: 5_000, detach: 10_000 } as const;

export async function run([count]: readonly string[]): Promise<void> {
  const rounds = Number(count ?? usualCount);
  if (lacksLoopDevices()) console.log('devices: skipped, loop devices need root');
  else {
    report('appeared, by event', await watchDevices(rounds, { pollMs: 1e6 }), promisedMs.event);
    const polled = await watchDevices(Math.ceil(rounds / pollingShare), { monitor: null });
    report('appeared, by polling alone', polled, promisedMs.polling);
  }
  const few = Math.ceil(rounds / 10);
  await timeOperations('journaled, simulated provider', few);
  if (lacksBench()) console.log('libvirt: skipped, its components are not installed');
  else await timeLibvirt(few);
}

function report(what: string, timesMs: readonly number[], limitMs?: number): void {
  const sorted = timesMs.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  const [median, p99, longest] = [at(0.5), at(0.99), at(1)].map((ms) => ms.toFixed(1));
  const kept = limitMs === undefined ? '' : `; promised ${limitMs} ms: ${at(0.99) <= limitMs ? 'kept' : 'NOT KEPT'}`;
  console.log(`${what}: median ${median} ms, p99 ${p99} ms, longest ${longest} ms (${sorted.length})${kept}`);
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

async function timeOperations(beside: string, rounds: number, options: VolumeServerOptions = {}): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'memoir-bench-'));
  const server = await openVolumeServer(folder, options);
  const { volumes, ended } = server;
  const caller = { actor: 'bench' };
  const machine = options.machines?.[0]?.name ?? 'db01';
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
    await timed('attach', () => volumes.attach('data', machine, caller));
    await timed('detach', () => volumes.detach('data', null, caller));
    await timed('delete', () => volumes.remove('data', caller));
  }
  const promised: Readonly<Record<string, number>> = promisedMs;
  for (const [what, all] of Object.entries(times)) report(`${what}, ${beside}`, all, promised[what]);
  await server.close();
  await rm(folder, { recursive: true });
}

async function timeLibvirt(rounds: number): Promise<void> {
  await using bench = await startBench();
  const pool = join(bench.exchange, 'pool');
  await mkdir(pool, { mode: 0o711 });
  await bench.virsh('pool-create-as', 'volumes', 'dir', '--target', pool);
  const guest = await bench.startGuest({ name: 'one', program: diskWatcher(), machine: 'pc', memoryMiB: 128 });
  await guest.waitFor(/READY/);
  const provider = createLibvirtProvider({ uri: bench.uri, pool: 'volumes', here: null, isLocal: true });
  await timeOperations('libvirt and a running guest', rounds, {
    machines: [{ id: guest.uuid, name: guest.name }],
    lie: (_, devices) => ({ provider, devices }),
  });
  await provider.close();
}

import { mkdir, open, readFile, rename, rm, stat, symlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { BlockDevice, DeviceChange } from '../devices/block-device.ts';
import type { BlockDevices } from '../devices/block-devices.ts';
import { deviceDifferences } from '../devices/device-differences.ts';
import { serialOf } from '../serial.ts';

/** A simulated disk: a sparse file, and the device that it is while a machine has it. */
export interface DemoDisk {
  readonly mark: string;
  readonly sizeBytes: number;
  readonly device: { readonly machineId: string; readonly name: string; readonly diskseq: number } | null;
}

interface Kept {
  readonly nextDiskseq: number;
  readonly disks: readonly DemoDisk[];
}

/**
 * A simulated provider and kernel in a folder: `world.json` says which disks there are and which of them are devices, `disks/`
 * has their bytes, `dev/` the devices' names. Real files, so that they can be exported and read; and they survive the server, as
 * a real provider's volumes do.
 */
export interface DemoDisks extends BlockDevices {
  all(): Promise<readonly DemoDisk[]>;
  /** Changes the disks, one caller after the other, durably; whoever watches devices is told. */
  change<T>(work: (disks: Map<string, DemoDisk>, nextDiskseq: () => number) => T): Promise<T>;
  fileOf(mark: string): string;
}

/** Simulated disks are sparse; this is what keeps a wrong number from being a file that no file system has. */
const maxSizeBytes = 16 * 2 ** 40;

export async function openDemoDisks(folder: string): Promise<DemoDisks> {
  const files = { world: join(folder, 'world.json'), disks: join(folder, 'disks'), dev: join(folder, 'dev') };
  for (const path of [files.disks, files.dev]) await mkdir(path, { recursive: true, mode: 0o700 });
  const fileOf = (mark: string): string => join(files.disks, `${mark}.img`);
  const listeners = new Set<{ readonly listener: (change: DeviceChange) => void }>();
  let kept = await readWorld(files.world);
  let known = devicesOf(kept);
  let turn: Promise<unknown> = Promise.resolve();
  await matchFiles(kept);

  function devicesOf({ disks }: Kept): Map<string, BlockDevice> {
    return new Map(
      disks.flatMap(({ mark, sizeBytes, device }) => {
        if (device === null) return [];
        const { name, diskseq } = device;
        const rdev = `254:${16 * (name.charCodeAt(2) - 97)}`;
        return [[name, { name, path: join(files.dev, name), rdev, diskseq, sizeBytes, serial: serialOf(mark) }]];
      }),
    );
  }

  /** What is on the disk follows world.json, also after a crash between the two. */
  async function matchFiles({ disks }: Kept): Promise<void> {
    for (const { mark, sizeBytes, device } of disks) {
      const file = await open(fileOf(mark), 'a', 0o600);
      await file.close();
      if ((await stat(fileOf(mark))).size < sizeBytes) await truncate(fileOf(mark), sizeBytes);
      if (device !== null) await link(join('..', 'disks', `${mark}.img`), join(files.dev, device.name));
    }
  }

  return {
    // Its numbers go on over restarts: world.json keeps them.
    boot: 'demo',
    all: async () => kept.disks,
    fileOf,
    // Nobody mounts a simulated device, and its bytes are in their file at once.
    release: async () => undefined,
    change(work) {
      const done = turn.then(async () => {
        const disks = new Map(kept.disks.map((disk) => [disk.mark, disk]));
        let { nextDiskseq } = kept;
        const result = work(disks, () => nextDiskseq++);
        if ([...disks.values()].some(({ sizeBytes }) => !(sizeBytes > 0 && sizeBytes <= maxSizeBytes)))
          throw new MemoirError('BAD_INPUT', `a demo volume has 1 to ${maxSizeBytes} bytes`);
        const before = kept;
        const next = { nextDiskseq, disks: [...disks.values()] };
        await writeWorld(files.world, next);
        kept = next;
        const now = devicesOf(kept);
        for (const name of known.keys()) if (!now.has(name)) await rm(join(files.dev, name), { force: true });
        await matchFiles(kept);
        for (const { mark } of before.disks) if (!disks.has(mark)) await rm(fileOf(mark), { force: true });
        const changes = deviceDifferences(known, now);
        known = now;
        for (const change of changes) for (const { listener } of [...listeners]) listener(change);
        return result;
      });
      turn = done.catch(() => undefined);
      return done;
    },
    scan: async () => [...known.values()],
    watch(listener) {
      const mine = { listener };
      listeners.add(mine);
      return () => void listeners.delete(mine);
    },
    async close() {
      await turn;
      listeners.clear();
    },
  };
}

async function readWorld(path: string): Promise<Kept> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return text === null ? { nextDiskseq: 1, disks: [] } : JSON.parse(text);
}

async function writeWorld(path: string, kept: Kept): Promise<void> {
  const partial = `${path}.partial`;
  const file = await open(partial, 'w', 0o600);
  await file.writeFile(JSON.stringify(kept));
  await file.sync();
  await file.close();
  await rename(partial, path);
}

/** A symlink that replaces what had the name, in one step. */
async function link(target: string, path: string): Promise<void> {
  const partial = `${path}.partial`;
  await rm(partial, { force: true });
  await symlink(target, partial);
  await rename(partial, path);
}

import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlockDevice } from './devices/block-device.ts';

/** What a name is given to. */
export type NamedDevice = Pick<BlockDevice, 'path' | 'rdev' | 'sizeBytes'>;

/**
 * A name for each volume's device that stays the same while the kernel's changes: links in a folder of ours, to the device or to a map of it.
 * Each is made and removed in one step. A name is a convenience and no proof: whoever uses it has the device verified first.
 */
export interface DeviceNames {
  /** Gives the volume's name to the device, whatever had it; answers where the name is. Once more tells of a device that has grown. */
  set(volumeName: string, device: NamedDevice): Promise<string>;
  /** To be called before the device is taken away. VOLUME_IN_USE where the name itself is held open; no such name is success. */
  remove(volumeName: string): Promise<void>;
  /** Whether the name leads to this device. */
  shows(volumeName: string, device: NamedDevice): Promise<boolean>;
  /** What there is, by name: where it points to. */
  list(): Promise<ReadonlyMap<string, string>>;
}

/** Names that are links and nothing else. */
export async function openDeviceNames(folder: string): Promise<DeviceNames> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const place = (name: string): string => join(folder, name);
  const isPartial = (name: string): boolean => name.startsWith('.');
  for (const name of await readdir(folder)) if (isPartial(name)) await rm(place(name), { force: true });
  return {
    async set(name, { path }) {
      const partial = place(`.${randomBytes(8).toString('hex')}`);
      await symlink(path, partial);
      await rename(partial, place(name));
      return place(name);
    },
    remove: (name) => rm(place(name), { force: true }),
    shows: async (name, { path }) => (await readlink(place(name)).catch(() => null)) === path,
    async list() {
      const names = (await readdir(folder)).filter((name) => !isPartial(name));
      return new Map(await Promise.all(names.map(async (name) => [name, await readlink(place(name))] as const)));
    },
  };
}

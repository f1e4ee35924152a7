import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A name for each volume's device that stays the same while the kernel's changes: symlinks in a folder of ours. Each is made and removed in
 * one step. A link is a convenience and no proof: whoever uses it has the device verified first.
 */
export interface DeviceNames {
  /** Points the volume's name to the path, whatever it pointed to; answers where the name is. */
  set(volumeName: string, path: string): Promise<string>;
  remove(volumeName: string): Promise<void>;
  /** What there is, by name: where it points to. */
  list(): Promise<ReadonlyMap<string, string>>;
}

export async function openDeviceNames(folder: string): Promise<DeviceNames> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const place = (name: string): string => join(folder, name);
  const isPartial = (name: string): boolean => name.startsWith('.');
  for (const name of await readdir(folder)) if (isPartial(name)) await rm(place(name), { force: true });
  return {
    async set(name, path) {
      const partial = place(`.${randomBytes(8).toString('hex')}`);
      await symlink(path, partial);
      await rename(partial, place(name));
      return place(name);
    },
    remove: (name) => rm(place(name), { force: true }),
    async list() {
      const names = (await readdir(folder)).filter((name) => !isPartial(name));
      return new Map(await Promise.all(names.map(async (name) => [name, await readlink(place(name))] as const)));
    },
  };
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { MemoirError } from '../domain/memoir-error.ts';
import { messageOf } from '../domain/thrown.ts';
import type { NamedDevice } from './device-names.ts';

/** Linear maps of whole devices, one for each volume: /dev/mapper/memoir:NAME. */
export interface DeviceMapper {
  /** Makes the map, or lets it see that its device has grown; answers its path. Null where the kernel refuses it: something else holds the device. */
  map(volumeName: string, device: NamedDevice): Promise<string | null>;
  /** Never by force: a map whose device is away for a moment has data that waits. VOLUME_IN_USE where it is open. */
  unmap(volumeName: string): Promise<void>;
  pathOf(volumeName: string): string;
  /** Each map with its table. */
  list(): Promise<ReadonlyMap<string, string>>;
}

const run = promisify(execFile);
const timeoutMs = 30_000;
const sectorBytes = 512;
/** No volume group of LVM can have a colon in its name, so no map of others has this beginning. */
const prefix = 'memoir:';

/** One target that maps the whole device from its beginning (Documentation/admin-guide/device-mapper/linear.rst). */
export const tableOf = ({ rdev, sizeBytes }: NamedDevice): string =>
  `0 ${Math.floor(sizeBytes / sectorBytes)} linear ${rdev} 0`;

/** Null where the kernel, or this machine, has no device-mapper with linear maps: asked, not guessed. */
export async function findDeviceMapper(program = 'dmsetup'): Promise<DeviceMapper | null> {
  const dmsetup = async (...args: string[]): Promise<string> =>
    (await run(program, args, { timeout: timeoutMs })).stdout;
  const targets = await dmsetup('targets').catch(() => '');
  if (!/^linear\s/m.test(targets)) return null;

  async function list(): Promise<ReadonlyMap<string, string>> {
    const lines = (await dmsetup('table', '--target', 'linear')).split('\n');
    const ours = lines.filter((line) => line.startsWith(prefix));
    return new Map(
      ours.map((line) => {
        const end = line.indexOf(': ', prefix.length);
        return [line.slice(prefix.length, end), line.slice(end + 2).trim()] as const;
      }),
    );
  }
  async function unmap(name: string): Promise<void> {
    if (!(await list()).has(name)) return;
    await dmsetup('remove', prefix + name).catch(async (cause: unknown) => {
      if (!(await list()).has(name)) return;
      throw new MemoirError('VOLUME_IN_USE', `/dev/mapper/${prefix}${name} is in use: ${messageOf(cause).trim()}`, {
        cause,
        hint: 'Unmount it, or remove what uses it, then try again.',
      });
    });
  }
  const pathOf = (name: string): string => `/dev/mapper/${prefix}${name}`;
  return {
    list,
    unmap,
    pathOf,
    async map(name, device) {
      const [there, table] = [(await list()).get(name), tableOf(device)];
      if (there === table) return pathOf(name);
      if (there !== undefined && there.split(' ')[3] === device.rdev) {
        await dmsetup('reload', prefix + name, '--table', table);
        await dmsetup('resume', prefix + name);
        return pathOf(name);
      }
      if (there !== undefined) await unmap(name);
      const uuid = `MEMOIR-${name}`;
      return dmsetup('create', prefix + name, '--uuid', uuid, '--table', table).then(
        () => pathOf(name),
        () => null,
      );
    },
  };
}

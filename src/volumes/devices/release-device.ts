import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MemoirError } from '../../domain/memoir-error.ts';
import { codeOf, messageOf } from '../../domain/thrown.ts';
import type { BlockDevice } from './block-device.ts';
import type { SysfsPlaces } from './sysfs.ts';

const run = promisify(execFile);
const flushMs = 60_000;

/**
 * Shows that nothing on this host uses a device, then writes back what the kernel still has in memory for it (a detach without that has
 * corrupted file systems: Kubernetes pull request 97013). VOLUME_IN_USE where it is mounted, or is part of a map, an array or swap space.
 *
 * An exclusive open is the kernel's own answer (open(2), O_EXCL on a block device): it sees users in other namespaces too.
 */
export async function releaseDevice(device: BlockDevice, places: SysfsPlaces, signal: AbortSignal): Promise<void> {
  const users = await usersOf(device, places);
  if (users.length > 0) throw inUse(device, users.join(', '));
  try {
    const handle = await open(device.path, constants.O_RDONLY | constants.O_EXCL);
    await handle.close();
  } catch (error) {
    if (codeOf(error) === 'EBUSY') throw inUse(device, 'another program or namespace of this host');
    throw new MemoirError('DEVICE_MISSING', `${device.path} cannot be opened`, { cause: error });
  }
  try {
    await run('blockdev', ['--flushbufs', device.path], { signal, timeout: flushMs });
  } catch (cause) {
    signal.throwIfAborted();
    throw new MemoirError('DEVICE_MISSING', `${device.path} could not be flushed: ${messageOf(cause).trim()}`, {
      cause,
      hint: 'Install util-linux, which brings blockdev, and look at the kernel’s log for errors of the device.',
    });
  }
}

/** Maps and arrays above it, and where it or a partition of it is mounted, for the message. */
async function usersOf({ name, rdev }: BlockDevice, { block = '/sys/block' }: SysfsPlaces): Promise<string[]> {
  const folder = join(block, name);
  const entries = await readdir(folder).catch(() => []);
  const parts = entries.filter((entry) => entry.startsWith(name));
  const numbers = new Set([rdev]);
  const users: string[] = [];
  for (const part of ['', ...parts]) {
    const number = await readFile(join(folder, part, 'dev'), 'latin1').catch(() => '');
    if (number.trim() !== '') numbers.add(number.trim());
    users.push(...(await readdir(join(folder, part, 'holders')).catch(() => [])));
  }
  return [...users, ...(await mountsOf(numbers))];
}

/** proc(5), /proc/self/mountinfo: the third field is the device’s number, the fifth where it is mounted. */
async function mountsOf(numbers: ReadonlySet<string>): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8').catch(() => '')).split('\n');
  return lines.flatMap((line) => {
    const [, , number, , point] = line.split(' ');
    return number !== undefined && point !== undefined && numbers.has(number) ? [`mounted on ${point}`] : [];
  });
}

const inUse = ({ path }: BlockDevice, by: string): MemoirError =>
  new MemoirError('VOLUME_IN_USE', `${path} is in use on this host: ${by}`, {
    hint: 'Unmount it, or remove what uses it, then detach again.',
  });

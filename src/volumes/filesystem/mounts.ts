import { chmod, mkdir, readdir, readFile, realpath, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { BlockDevice } from '../devices/block-device.ts';
import { numberOf } from '../devices/device-number.ts';
import { run } from './ext4.ts';

/** The number (`major:minor`) of what is mounted on a folder; null where nothing is. */
export async function mountedOn(folder: string): Promise<string | null> {
  const wanted = await realpath(folder).catch(() => null);
  if (wanted === null) return null;
  // proc(5), /proc/self/mountinfo: number, root and mount point, in octal where a character would end the field. The last line covers others.
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).trimEnd().split('\n').toReversed();
  for (const line of lines) {
    const [, , number = '', , point = ''] = line.split(' ');
    const path = point.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    if (path === wanted) return number;
  }
  return null;
}

/**
 * Mounts a verified ext4 on an empty folder, and takes it away again if what is mounted then is not that device. Mounted there already is
 * success. CONFIG_INVALID where files would be hidden, or something else is mounted.
 */
export async function mountExt4(device: BlockDevice, folder: string, signal: AbortSignal): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const there = await mountedOn(folder);
  if (there === device.rdev) return;
  if (there !== null)
    throw new MemoirError('CONFIG_INVALID', `something else (device ${there}) is mounted on ${folder}`);
  if ((await readdir(folder)).length > 0)
    throw new MemoirError('CONFIG_INVALID', `${folder} is not empty: what is in it would be hidden`, {
      hint: 'Move the files away, mount, and move them back; or choose another DUMP_DIR.',
    });
  const { code, stderr } = await run(
    [],
    signal,
    'mount',
    '-t',
    'ext4',
    '-o',
    'nodev,nosuid,noexec',
    device.path,
    folder,
  );
  if (code !== 0)
    throw new MemoirError('DEVICE_CHANGED', `${device.path} could not be mounted on ${folder}: ${stderr.trim()}`, {
      hint: 'See the text, which is the kernel’s; e2fsck mends a file system that is damaged.',
    });
  const found = numberOf((await stat(folder)).dev);
  if (found !== device.rdev) {
    await unmount(folder, signal);
    throw new MemoirError('DEVICE_CHANGED', `${device.path} was exchanged while it was mounted: ${found}`);
  }
  await chmod(folder, 0o700);
  // e2fsck makes it again when it needs it; here it would be taken for a machine's folder.
  await rmdir(join(folder, 'lost+found')).catch(() => undefined);
}

/** VOLUME_IN_USE where a program works in it. */
export async function unmount(folder: string, signal: AbortSignal): Promise<void> {
  const { code, stderr } = await run([], signal, 'umount', folder);
  if (code !== 0) throw new MemoirError('VOLUME_IN_USE', `${folder} could not be unmounted: ${stderr.trim()}`);
}

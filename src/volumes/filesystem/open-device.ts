import { type FileHandle, open } from 'node:fs/promises';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { BlockDevice } from '../devices/block-device.ts';
import { numberOf } from '../devices/device-number.ts';

/**
 * Opens a device that was verified, to be written. What is behind the handle stays the same whatever takes the path meanwhile, so programs
 * are given the handle and not the path.
 */
export async function openDevice({ path, rdev }: BlockDevice): Promise<FileHandle> {
  const handle = await open(path, 'r+');
  try {
    const found = await handle.stat();
    if (!found.isBlockDevice() || numberOf(found.rdev) !== rdev)
      throw new MemoirError('DEVICE_CHANGED', `${path} is not the device ${rdev} any more`);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

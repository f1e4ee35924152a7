import { type FileHandle, open } from 'node:fs/promises';
import { onTestFinished, vi } from 'vitest';

/**
 * What all file handles of this process have in common, for one test to watch or to change: some of what a disk does, and
 * some of what is asked of it, leaves no trace in any file.
 */
export async function fileHandles(): Promise<FileHandle> {
  const handle = await open('/dev/null');
  await handle.close();
  onTestFinished(() => void vi.restoreAllMocks());
  return Object.getPrototypeOf(handle);
}

/** What the kernel says of a failed disk. */
export const diskError = (): Error => Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO', errno: -5 });

import { constants } from 'node:fs';
import { access, chmod, mkdir } from 'node:fs/promises';
import { MemoirError } from '../domain/memoir-error.ts';
import { codeOf } from '../domain/thrown.ts';

/** Why a folder that was named cannot be used, in a sentence for whoever named it. */
const folderFaults: Readonly<Record<string, string>> = {
  EEXIST: 'is not a folder',
  ENOTDIR: 'is not a folder',
  EROFS: 'is on a read-only file system',
  EACCES: 'is not writable for this user',
  EPERM: 'is not writable for this user',
  ENOSPC: 'is on a full file system',
};

/** Made for this user alone, whatever the umask; one that is there keeps its place but not a mode that lets others in. */
export async function privateFolder(path: string, variable: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    await chmod(path, 0o700);
  } catch (cause) {
    const fault = folderFaults[codeOf(cause) ?? ''];
    throw new MemoirError('CONFIG_INVALID', `${variable}=${path} ${fault ?? `cannot be used: ${cause}`}`, {
      cause,
      hint: `Set ${variable} to a folder that the user of this process may write to.`,
    });
  }
}

import { getSystemErrorMessage } from 'node:util';
import type { ErrorCode } from '../../domain/error-catalogue.ts';
import { MemoirError } from '../../domain/memoir-error.ts';

interface Failure {
  readonly code: ErrorCode;
  readonly hint?: string;
}

/** What an errno means for a person who keeps dumps. What is not listed is STORAGE_FAILED with the catalogue's advice. */
const failures: Readonly<Record<string, Failure>> = {
  ENOSPC: { code: 'NO_SPACE' },
  EDQUOT: { code: 'NO_SPACE', hint: 'The quota of the server’s user is used up: raise it, or delete old dumps.' },
  EFBIG: {
    code: 'STORAGE_FAILED',
    hint: 'The file system or a limit of the process (ulimit -f, LimitFSIZE) does not allow a file of this size.',
  },
  EIO: {
    code: 'STORAGE_FAILED',
    hint: 'The disk reports errors: look at the kernel’s log, and do not trust this disk.',
  },
  EROFS: {
    code: 'STORAGE_FAILED',
    hint: 'The file system is mounted read-only: mount it writable, or change DUMP_DIR.',
  },
  EACCES: {
    code: 'STORAGE_FAILED',
    hint: 'Give the server’s user the right to read, write and enter the dump folder, or change DUMP_DIR.',
  },
  EPERM: { code: 'STORAGE_FAILED', hint: 'The dump folder has to belong to the server’s user.' },
  ENOTDIR: {
    code: 'STORAGE_FAILED',
    hint: 'A file is in the place of a folder: move it away.',
  },
  ELOOP: {
    code: 'STORAGE_FAILED',
    hint: 'A symbolic link is in the place of a file or folder: find out who created it.',
  },
  EMFILE: { code: 'STORAGE_FAILED', hint: 'The server may not open more files: raise its limit (ulimit -n).' },
  ENFILE: { code: 'STORAGE_FAILED', hint: 'The host cannot open more files: raise fs.file-max.' },
};

export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/**
 * A failed system call as an expected failure. `what` completes "cannot …" and names the path as a person knows it: the
 * operating system's own text may name a descriptor instead. Expected failures and abort reasons pass unchanged.
 */
export function storageFailure(error: unknown, what: string): unknown {
  const errno = errnoOf(error);
  if (errno === undefined || error instanceof MemoirError) return error;
  const { code, hint } = failures[errno] ?? { code: 'STORAGE_FAILED' };
  const number = (error as NodeJS.ErrnoException).errno;
  const text = typeof number === 'number' ? getSystemErrorMessage(number) : errno;
  return new MemoirError(code, `cannot ${what}: ${text} (${errno})`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Runs system calls, so that whatever they throw is an expected failure. */
export async function storing<T>(what: string, calls: () => Promise<T>): Promise<T> {
  try {
    return await calls();
  } catch (error) {
    throw storageFailure(error, what);
  }
}

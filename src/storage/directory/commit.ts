import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { Json } from '../../domain/json.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { CommitOptions } from '../artifact-store.ts';
import type { EntryNames } from './entry-names.ts';
import { fileDigest } from './file-digest.ts';
import type { PrivateFolder } from './private-folder.ts';
import { errnoOf } from './storage-failure.ts';

/**
 * Brings the contents to the disk and takes their digest meanwhile: both read the same pages, so the digest costs no second
 * pass over the disk. After a failed fsync the kernel may have dropped the very pages it could not write and would call a
 * second fsync a success (https://www.postgresql.org/docs/current/wal-reliability.html tells the story): there is none.
 */
export async function settleContents(
  handle: FileHandle,
  writtenBytes: number,
  options: CommitOptions,
): Promise<string> {
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
  signal.throwIfAborted();
  const flushed = handle.sync().catch((error: unknown) => {
    stop.abort(error);
    throw error;
  });
  // Both are awaited to their end: the file is closed next, and nothing may still be at work on it.
  const [flush, digest] = await Promise.allSettled([
    flushed,
    fileDigest(handle, { signal, digested: options.digested }),
  ]);
  if (flush.status === 'rejected') throw flush.reason;
  if (digest.status === 'rejected') throw digest.reason;
  checkSize(digest.value.sizeBytes, writtenBytes);
  return digest.value.sha256;
}

/** Whether the file is as long as the writes that were confirmed. */
export async function expectSize(handle: FileHandle, writtenBytes: number): Promise<void> {
  checkSize((await handle.stat()).size, writtenBytes);
}

function checkSize(foundBytes: number, writtenBytes: number): void {
  if (foundBytes === writtenBytes) return;
  throw new MemoirError('STORAGE_FAILED', `the file has ${foundBytes} bytes where ${writtenBytes} were written`);
}

/** Gives a file its visible name; ARTIFACT_EXISTS if something has it, which stays untouched. */
export async function publish(folder: PrivateFolder, from: string, to: string): Promise<void> {
  try {
    await folder.publish(from, to);
  } catch (error) {
    throw errnoOf(error) === 'EEXIST' ? artifactExists(`${folder.path}/${to}`, error) : error;
  }
}

export function artifactExists(path: string, cause?: unknown): MemoirError {
  return new MemoirError('ARTIFACT_EXISTS', `a file already exists at ${path}`, { cause });
}

/** Writes the manifest's partial file to the disk; answers which file it is. */
export async function writeManifest(folder: PrivateFolder, names: EntryNames, manifest: Json): Promise<Stats> {
  const handle = await folder.create(names.partialManifest);
  try {
    await handle.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await handle.sync();
    return await handle.stat();
  } finally {
    await handle.close();
  }
}

import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { copyDatabase } from './database/backup.ts';
import { MemoirError } from './domain/memoir-error.ts';
import { codeOf, messageOf } from './domain/thrown.ts';

/** Where a server of this machine keeps what it knows. */
export interface BackedUp {
  readonly dataDir: string;
  readonly dumpDir: string;
  readonly heapDir: string;
}

/**
 * Copies database and manifests into a folder that is made for it, beside a server that may be running on them. The manifests after the
 * database: each one is written once and never changed, so the copy has those of all dumps that the database knows, but for
 * artifacts that were deleted meanwhile.
 */
export async function createBackup({ dataDir, dumpDir, heapDir }: BackedUp, folder: string) {
  const path = join(dataDir, 'memoir.sqlite');
  if (!existsSync(path))
    throw new MemoirError('BAD_INPUT', `there is no database in ${dataDir}`, {
      hint: 'Set DATA_DIR as the server has it, or name its file: memoir --config /etc/memoir/memoir.conf backup FOLDER.',
    });
  const target = resolve(folder);
  try {
    await mkdir(target, { mode: 0o700 });
  } catch (cause) {
    throw new MemoirError('BAD_INPUT', `${target} cannot be made: ${messageOf(cause)}`, {
      cause,
      hint: 'Name a folder that is not there yet, in one that is.',
    });
  }
  const source = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  let databaseBytes: number;
  try {
    databaseBytes = copyDatabase(source, join(target, 'memoir.sqlite'));
  } finally {
    source.close();
  }
  await copyIfThere(join(dataDir, 'node-id'), join(target, 'node-id'));
  const dumps = await copyManifests(dumpDir, join(target, 'dumps'));
  const heaps = await copyManifests(heapDir, join(target, 'heaps'));
  return { folder: target, databaseBytes, manifests: dumps + heaps, from: dataDir };
}

async function copyManifests(from: string, to: string): Promise<number> {
  let count = 0;
  for (const folder of await entries(from)) {
    const names = (await entries(join(from, folder))).filter((name) => name.endsWith('.json') && !name.startsWith('.'));
    if (folder.startsWith('.') || names.length === 0) continue;
    await mkdir(join(to, folder), { recursive: true, mode: 0o700 });
    for (const name of names) {
      if (await copyIfThere(join(from, folder, name), join(to, folder, name))) count += 1;
    }
  }
  return count;
}

/** Nothing for what is no folder, or not there any more. */
const entries = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

async function copyIfThere(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

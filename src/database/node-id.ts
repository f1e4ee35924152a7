import { randomUUID } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { isUuid } from '../domain/id.ts';

/**
 * Who this server is, whatever its host is called: made with the data directory's first use, and kept in it. The directory is
 * this process's (`lockDirectory`). What is not an id (a disk that was full, a hand that was there) is replaced.
 */
export async function readNodeId(folder: string): Promise<string> {
  const path = join(folder, 'node-id');
  const kept = (await readFile(path, 'utf8').catch(() => '')).trim();
  if (isUuid(kept)) return kept;
  const id = randomUUID();
  const partial = `${path}.part`;
  await using file = await open(partial, 'w', 0o600);
  await file.writeFile(`${id}\n`);
  await file.sync();
  await rename(partial, path);
  return id;
}

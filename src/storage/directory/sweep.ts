import { join } from 'node:path';
import { discard, noFile } from './discard.ts';
import { entryNames, partialManifestOf, partialOf } from './entry-names.ts';
import type { PrivateFolder } from './private-folder.ts';

/**
 * Removes from a folder what a writer that died has left. Everything of ours that is incomplete has a partial beside it
 * (docs/decisions/0002-commit-order.md), so nothing without one is touched: DUMP_DIR may hold other people's files.
 */
export async function sweepFolder(folder: PrivateFolder): Promise<string[]> {
  const present = new Set(await folder.names());
  const files = new Set(
    [...present].map((name) => partialOf(name) ?? partialManifestOf(name)).filter((name) => name !== null),
  );
  const removed: string[] = [];
  for (const file of files) {
    const names = entryNames(file);
    // An artifact in view is whole, its manifest was durable before; only what stands beside the two is too much.
    const whole = present.has(names.artifact);
    const orphaned = !whole && present.has(names.partial);
    await discard(folder, names, { artifact: noFile, manifest: orphaned ? 'ANY' : noFile });
    const gone = [names.partial, names.partialManifest, ...(orphaned ? [names.manifest] : [])];
    removed.push(...gone.filter((name) => present.has(name)).map((name) => join(folder.path, name)));
  }
  if (removed.length > 0) await folder.sync();
  return removed;
}

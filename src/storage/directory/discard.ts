import type { EntryNames } from './entry-names.ts';
import type { PrivateFolder } from './private-folder.ts';

/** Tells a file from every other while it is open: what lies at a name may have been put there by someone else. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

export const noFile: FileIdentity = { dev: -1, ino: -1 };

/** The visible files that may be taken away: a writer's own ones only, or whatever has the name. */
export interface VisibleFiles {
  readonly artifact: FileIdentity | 'ANY';
  readonly manifest: FileIdentity | 'ANY';
}

/**
 * Takes an artifact away, however far its commit had come: first from view, then the manifest, the partial last. In this
 * order a crash at any point leaves a partial, by which `sweep` knows that what lies beside it is ours to remove.
 * Answers whether there was something to see. `sync` makes the order durable.
 */
export async function discard(
  folder: PrivateFolder,
  names: EntryNames,
  own: VisibleFiles,
  sync: () => Promise<void> = () => folder.sync(),
): Promise<boolean> {
  const visible = await lies(folder, names.artifact, own.artifact);
  if (visible) {
    await folder.withdraw(names.artifact, names.partial);
    await sync();
  }
  await folder.unlink(names.partialManifest);
  const described = await lies(folder, names.manifest, own.manifest);
  if (described) {
    await folder.unlink(names.manifest);
    await sync();
  }
  await folder.unlink(names.partial);
  return visible || described;
}

async function lies(folder: PrivateFolder, name: string, own: FileIdentity | 'ANY'): Promise<boolean> {
  const found = await folder.stat(name);
  return found !== null && (own === 'ANY' || (found.ino === own.ino && found.dev === own.dev));
}

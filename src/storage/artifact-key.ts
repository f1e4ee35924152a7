import { MemoirError } from '../domain/memoir-error.ts';
import type { ArtifactKey } from './artifact-store.ts';

const component = /^[0-9A-Za-z][0-9A-Za-z._-]{0,199}$/;
const manifestExtension = '.json';

/** Whether it may name a folder of artifacts: no separator, no leading dot, nothing that a file system or shell reads twice. */
export function isFolderName(name: string): boolean {
  return component.test(name);
}

/** Whether it may name an artifact. A manifest's extension is not an artifact's: `x.json` would be the manifest of `x`. */
export function isFileName(name: string): boolean {
  return component.test(name) && !name.endsWith(manifestExtension);
}

/** What the manifest of an artifact is called. */
export function manifestName(file: string): string {
  return `${file}${manifestExtension}`;
}

/** Refuses a key that is not one; every method of every store begins with this. */
export function checkKey(key: ArtifactKey): void {
  if (!isFolderName(key.folder)) throw new MemoirError('BAD_INPUT', 'the artifact’s folder is not a plain name');
  if (!isFileName(key.file)) throw new MemoirError('BAD_INPUT', 'the artifact’s file is not a plain name');
}

/** The order of keys: by folder, then by file, as code units. */
export function compareNames(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

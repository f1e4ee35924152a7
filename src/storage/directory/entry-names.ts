import { isFileName, manifestName } from '../artifact-key.ts';

/**
 * Names in a folder of artifacts: `F` the artifact, `F.json` its manifest, and while they are written `.F.memoir-partial` and
 * `.F.json.memoir-partial`. A key never begins with a dot, so neither can be mistaken for an artifact. 200 characters of
 * key and these affixes stay below the 255 bytes that file systems allow.
 */
const prefix = '.';
const suffix = '.memoir-partial';

export interface EntryNames {
  readonly artifact: string;
  readonly manifest: string;
  readonly partial: string;
  readonly partialManifest: string;
}

export function entryNames(file: string): EntryNames {
  const manifest = manifestName(file);
  return {
    artifact: file,
    manifest,
    partial: `${prefix}${file}${suffix}`,
    partialManifest: `${prefix}${manifest}${suffix}`,
  };
}

/** The artifact whose partial this is, or null if it is anything else. */
export function partialOf(name: string): string | null {
  if (!name.startsWith(prefix) || !name.endsWith(suffix)) return null;
  const file = name.slice(prefix.length, -suffix.length);
  return isFileName(file) ? file : null;
}

/** The artifact whose partial manifest this is, or null if it is anything else. */
export function partialManifestOf(name: string): string | null {
  const end = `${manifestName('')}${suffix}`;
  if (!name.startsWith(prefix) || !name.endsWith(end)) return null;
  const file = name.slice(prefix.length, -end.length);
  return isFileName(file) ? file : null;
}

import { randomBytes } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** struct sockaddr_un holds 108 bytes, the last of them NUL (unix(7)); QEMU refuses a longer path. */
const socketPathBytes = 107;

/** A folder of our own that does not exist yet, and the path of what will be in it. */
export type PrivatePlace = { readonly folder: string; readonly path: string };

/** Prefix of everything that we make where others make things too. */
export const placePrefix = 'memoir-';

const unguessable = (): string => `${placePrefix}${randomBytes(12).toString('hex')}`;

/**
 * Where a private folder can be made that a daemon or a guest's QEMU can reach: /run if we may write there (a service's
 * /tmp is often its own, which others do not see), else the temporary folder.
 */
export function privatePlace(name: string, bases: readonly string[] = ['/run', tmpdir()]): PrivatePlace {
  const base = bases.find(isWritable) ?? tmpdir();
  const folder = join(base, unguessable());
  return { folder, path: join(folder, name) };
}

/** The path of a socket in a folder that is someone else's; null if it would be too long. */
export function socketIn(folder: string): string | null {
  const path = join(folder, `${unguessable()}.sock`);
  return Buffer.byteLength(path) <= socketPathBytes ? path : null;
}

export function fitsSocket({ path }: PrivatePlace): boolean {
  return Buffer.byteLength(path) <= socketPathBytes;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

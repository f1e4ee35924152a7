import { constants, existsSync, type Stats } from 'node:fs';
import { type FileHandle, link, lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { MemoirError } from '../../domain/memoir-error.ts';
import { errnoOf } from './storage-failure.ts';

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = constants;

/** errnos of a file system that has no hard links (vfat, exfat, some network and FUSE file systems). */
const noLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/**
 * An open folder of artifacts. Its entries are reached through the open descriptor, as openat(2) would (Node has no call for
 * it; Linux resolves /proc/self/fd/N to the folder itself): whoever swaps the folder for a symbolic link afterwards has
 * gained nothing. Methods throw the system's errors; `storing` makes them expected failures.
 */
export class PrivateFolder {
  readonly #handle: FileHandle;
  readonly #base: string;
  readonly path: string;

  private constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.path = path;
    const descriptor = `/proc/self/fd/${handle.fd}`;
    this.#base = existsSync(descriptor) ? descriptor : path;
  }

  /** Opens what exists; ENOENT if there is nothing, ENOTDIR or ELOOP if it is a symbolic link or no folder. */
  static async open(path: string): Promise<PrivateFolder> {
    return new PrivateFolder(await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), path);
  }

  /**
   * Opens it to write in: made durably if it is missing, 0700 whatever the umask is or someone has made of it, and ours:
   * in a stranger's folder a finished memory image could be swapped or taken away.
   */
  static async prepare(root: string, name: string): Promise<PrivateFolder> {
    const path = join(root, name);
    const made = await makeFolder(path);
    const folder = await PrivateFolder.open(path);
    try {
      const { uid, mode } = await folder.#handle.stat();
      if (uid !== process.geteuid?.()) {
        throw new MemoirError('STORAGE_FAILED', `the folder ${path} belongs to another user (uid ${uid})`, {
          hint: 'Give it to the server’s user (chown), or move it away.',
        });
      }
      if (!isPrivate(mode, 0o700)) await folder.#handle.chmod(0o700);
      if (made) await syncFolder(root);
      return folder;
    } catch (error) {
      await folder.close();
      throw error;
    }
  }

  /** A new private file, readable for the digest too. EEXIST whatever has the name, a dangling symbolic link included. */
  async create(name: string): Promise<FileHandle> {
    const handle = await open(this.#entry(name), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      if (!isPrivate((await handle.stat()).mode, 0o600)) await handle.chmod(0o600);
      return handle;
    } catch (error) {
      await handle.close();
      await unlink(this.#entry(name));
      throw error;
    }
  }

  /** To read. O_NONBLOCK: a FIFO that someone planted must not hold a thread; the caller checks that it is a file. */
  async read(name: string): Promise<FileHandle> {
    return open(this.#entry(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  }

  /** What has the name, the link itself if it is a symbolic one; null if nothing has. */
  async stat(name: string): Promise<Stats | null> {
    return lstat(this.#entry(name)).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return null;
      throw error;
    });
  }

  /**
   * Gives a file another name that nothing has; EEXIST otherwise, and nothing is overwritten. rename(2) replaces silently
   * and Node has no renameat2(2), so: link(2), which refuses an existing name, then unlink(2). A crash in between leaves
   * both names on the one complete file. Where there are no hard links, a look and a rename: the folder is ours alone.
   */
  async publish(from: string, to: string): Promise<void> {
    try {
      await link(this.#entry(from), this.#entry(to));
    } catch (error) {
      if (!noLinks.has(errnoOf(error) ?? '')) throw error;
      if ((await this.stat(to)) !== null) throw Object.assign(new Error(`${to} exists`), { code: 'EEXIST' });
      await rename(this.#entry(from), this.#entry(to));
      return;
    }
    await unlink(this.#entry(from));
  }

  /** Takes a visible name away and leaves the file under another, replacing what has that one: a leftover of our own. */
  async withdraw(from: string, to: string): Promise<void> {
    await rename(this.#entry(from), this.#entry(to));
    // rename(2) does nothing, and says so to nobody, where both names are links to one file already.
    await this.unlink(from);
  }

  /** Takes a name away, if something has it. */
  async unlink(name: string): Promise<void> {
    await unlink(this.#entry(name)).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
    });
  }

  async names(): Promise<string[]> {
    return readdir(this.#entry('.'));
  }

  /** Makes names durable (fsync of the folder). */
  async sync(): Promise<void> {
    await this.#handle.sync();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  #entry(name: string): string {
    return `${this.#base}/${name}`;
  }
}

/** Ours to use and nobody else's; asked first, because a file system without modes refuses chmod(2). */
function isPrivate(mode: number, needed: number): boolean {
  return (mode & 0o077) === 0 && (mode & needed) === needed;
}

async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, O_RDONLY | O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

import { constants } from 'node:fs';
import { access, chmod, mkdir, readdir, realpath, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '../../domain/json.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { checkKey, compareNames, isFileName, isFolderName } from '../artifact-key.ts';
import type {
  ArtifactKey,
  ArtifactReader,
  ArtifactStore,
  ArtifactWriter,
  OpenStore,
  StoredArtifact,
  StoreSpace,
} from '../artifact-store.ts';
import { reserveOf, SpaceGuard } from '../free-space.ts';
import { DirectoryWriter } from './directory-writer.ts';
import { discard } from './discard.ts';
import { entryNames } from './entry-names.ts';
import { PrivateFolder } from './private-folder.ts';
import { errnoOf, storageFailure, storing } from './storage-failure.ts';
import { artifactMissing, DirectoryReader, describeArtifact } from './stored-file.ts';
import { sweepFolder } from './sweep.ts';

/** What the store's module reference carries. */
export interface DirectoryStoreOptions {
  /** Absolute path; made (0700) if it is missing, used as it is if not. */
  readonly folder: string;
  /** Free bytes that no artifact may take, for the journal beside it. Default: a twentieth of the file system, at most 256 MiB. */
  readonly reserveBytes?: number;
}

/** The address of this module, for a ModuleReference. */
export const directoryStoreModule = import.meta.url;

/** A manifest has a few KiB; a guest with very many ranges of memory some more. */
const largestManifest = 1024 * 1024;

/** Opens a folder of the file system as a store. Refuses at once what could not be written later. */
export const openStore: OpenStore = async (options) => {
  const { folder, reserveBytes } = parseOptions(options);
  const root = await storing(`use the dump folder ${folder}`, async () => {
    const made = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (made !== undefined) await chmod(folder, 0o700);
    // The root itself may be a symbolic link: where dumps lie is the administrator's choice.
    const path = await realpath(folder);
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    await readdir(path);
    return path;
  });
  return new DirectoryStore(root, reserveBytes);
};

function parseOptions(options: Json): DirectoryStoreOptions {
  const { folder, reserveBytes } = (options ?? {}) as { [key: string]: Json | undefined };
  if (typeof folder !== 'string' || !folder.startsWith('/') || folder.includes('\0')) {
    throw new MemoirError('CONFIG_INVALID', 'the dump folder is not an absolute path');
  }
  if (reserveBytes === undefined) return { folder };
  if (typeof reserveBytes !== 'number' || !(reserveBytes >= 0)) {
    throw new MemoirError('CONFIG_INVALID', 'the reserve of the dump folder is not a size');
  }
  return { folder, reserveBytes };
}

class DirectoryStore implements ArtifactStore {
  readonly location: string;
  readonly #reserveBytes: number | undefined;
  /** What is being written, and how much of it is still to come. */
  readonly #expected = new Map<object, () => number>();

  constructor(root: string, reserveBytes: number | undefined) {
    this.location = root;
    this.#reserveBytes = reserveBytes;
  }

  async begin(key: ArtifactKey, expectedBytes: number): Promise<ArtifactWriter> {
    checkKey(key);
    const claim = {};
    // Claimed before anything is asked, so that two that begin together do not both take the last space.
    this.#expected.set(claim, () => expectedBytes);
    const ended = (): void => void this.#expected.delete(claim);
    try {
      return await storing(`write to ${join(this.location, key.folder)}`, async () => {
        await this.#checkSpace();
        const folder = await PrivateFolder.prepare(this.location, key.folder);
        const guard = new SpaceGuard(this.location, this.#reserveBytes);
        try {
          const writer = await DirectoryWriter.create({ key, names: entryNames(key.file), folder, ended, guard });
          this.#expected.set(claim, () => Math.max(0, expectedBytes - writer.writtenBytes));
          return writer;
        } catch (error) {
          await folder.close();
          throw error;
        }
      });
    } catch (error) {
      ended();
      throw error;
    }
  }

  async find(key: ArtifactKey): Promise<StoredArtifact | null> {
    checkKey(key);
    return this.#inside(key.folder, null, async (folder) => {
      const stats = await folder.stat(key.file);
      return stats?.isFile() ? describeArtifact(key, folder.path, stats) : null;
    });
  }

  async open(key: ArtifactKey): Promise<ArtifactReader> {
    checkKey(key);
    const location = join(this.location, key.folder, key.file);
    const reader = await this.#inside(key.folder, null, async (folder) => {
      const handle = await folder.read(key.file).catch((error: unknown) => {
        const errno = errnoOf(error);
        if (errno === 'ENOENT') return null;
        throw storageFailure(error, `read ${location}`);
      });
      if (handle === null) return null;
      const stats = await handle.stat();
      if (stats.isFile()) return new DirectoryReader(handle, location, stats.size);
      await handle.close();
      return null;
    });
    if (reader === null) throw artifactMissing(location);
    return reader;
  }

  async manifest(key: ArtifactKey): Promise<Json | null> {
    checkKey(key);
    const { manifest } = entryNames(key.file);
    return this.#inside(key.folder, null, async (folder) => {
      const handle = await folder.read(manifest).catch((error: unknown) => {
        if (errnoOf(error) === 'ENOENT') return null;
        throw error;
      });
      if (handle === null) return null;
      try {
        const { size } = await handle.stat();
        if (size > largestManifest)
          throw new MemoirError(
            'ARTIFACT_DAMAGED',
            `${join(folder.path, manifest)} has ${size} bytes: no manifest has`,
          );
        return JSON.parse(await handle.readFile('utf8'));
      } catch (cause) {
        if (!(cause instanceof SyntaxError)) throw cause;
        throw new MemoirError('ARTIFACT_DAMAGED', `${join(folder.path, manifest)} is not a manifest`, { cause });
      } finally {
        await handle.close();
      }
    });
  }

  async remove(key: ArtifactKey): Promise<boolean> {
    checkKey(key);
    return this.#inside(key.folder, false, (folder) =>
      discard(folder, entryNames(key.file), { artifact: 'ANY', manifest: 'ANY' }),
    );
  }

  async *list(): AsyncIterable<StoredArtifact> {
    for (const name of await this.#folders()) {
      const found = await this.#inside(name, [], async (folder) => {
        const present = new Set(await folder.names());
        const files = [...present].filter((file) => isFileName(file) && present.has(entryNames(file).manifest));
        const described: StoredArtifact[] = [];
        for (const file of files.sort(compareNames)) {
          const stats = await folder.stat(file);
          if (stats?.isFile()) described.push(describeArtifact({ folder: name, file }, folder.path, stats));
        }
        return described;
      });
      yield* found;
    }
  }

  async sweep(): Promise<string[]> {
    const removed: string[] = [];
    for (const name of await this.#folders()) removed.push(...(await this.#inside(name, [], sweepFolder)));
    return removed;
  }

  async space(): Promise<StoreSpace> {
    const { bavail, blocks, bsize } = await storing(`ask for the space at ${this.location}`, () =>
      statfs(this.location),
    );
    const totalBytes = blocks * bsize;
    return { freeBytes: bavail * bsize, totalBytes, reserveBytes: reserveOf(totalBytes, this.#reserveBytes) };
  }

  async close(): Promise<void> {
    // Nothing is held between calls; writers and readers are closed by those who have them.
  }

  async #checkSpace(): Promise<void> {
    const { freeBytes, reserveBytes: reserve } = await this.space();
    const expected = [...this.#expected.values()].reduce((sum, bytes) => sum + bytes(), 0);
    if (expected + reserve <= freeBytes) return;
    throw new MemoirError('NO_SPACE', `${this.location} has ${freeBytes} bytes free, ${expected} are needed`, {
      details: { freeBytes, neededBytes: expected, reserveBytes: reserve },
    });
  }

  async #folders(): Promise<string[]> {
    return storing(`read ${this.location}`, async () => {
      const entries = await readdir(this.location, { withFileTypes: true });
      const folders = entries.filter((entry) => entry.isDirectory() && isFolderName(entry.name));
      return folders.map((entry) => entry.name).sort(compareNames);
    });
  }

  /** Runs in a folder that is there; `absent` where it is not. A symbolic link in its place is refused, not followed. */
  async #inside<T>(name: string, absent: T, use: (folder: PrivateFolder) => Promise<T>): Promise<T> {
    const path = join(this.location, name);
    return storing(`use ${path}`, async () => {
      const folder = await PrivateFolder.open(path).catch((error: unknown) => {
        if (errnoOf(error) === 'ENOENT') return null;
        throw error;
      });
      if (folder === null) return absent;
      try {
        return await use(folder);
      } finally {
        await folder.close();
      }
    });
  }
}

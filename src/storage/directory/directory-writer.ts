import type { FileHandle } from 'node:fs/promises';
import type { Json } from '../../domain/json.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { ArtifactKey, ArtifactWriter, CommitOptions, CommittedArtifact } from '../artifact-store.ts';
import type { SpaceGuard } from '../free-space.ts';
import { artifactExists, expectSize, publish, settleContents, writeManifest } from './commit.ts';
import { discard, type FileIdentity, noFile } from './discard.ts';
import type { EntryNames } from './entry-names.ts';
import type { PrivateFolder } from './private-folder.ts';
import { errnoOf, storing } from './storage-failure.ts';
import { describeArtifact } from './stored-file.ts';

interface WriterParts {
  readonly key: ArtifactKey;
  readonly names: EntryNames;
  readonly folder: PrivateFolder;
  readonly handle: FileHandle;
  readonly guard: SpaceGuard;
  /** Called once, when nothing is left open. */
  readonly ended: () => void;
}

type WriterState = 'OPEN' | 'COMMITTING' | 'FAILED' | 'COMMITTED' | 'ABORTED';

/** Writes one artifact of a directory. Takes over folder and handle, and closes them. */
export class DirectoryWriter implements ArtifactWriter {
  readonly #parts: WriterParts;
  #state: WriterState = 'OPEN';
  #written = 0;
  /** Where the last bytes end: behind it there is only a stretch that was skipped. */
  #contentsEnd = 0;
  #manifest: FileIdentity = noFile;
  #turn: Promise<unknown> = Promise.resolve();
  #aborting: Promise<void> | undefined;

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  /** Makes the private file; ARTIFACT_EXISTS if any of the artifact's names is taken. */
  static async create(parts: Omit<WriterParts, 'handle'>): Promise<DirectoryWriter> {
    const { folder, names } = parts;
    for (const name of [names.artifact, names.manifest]) {
      if ((await folder.stat(name)) !== null) throw artifactExists(`${folder.path}/${name}`);
    }
    try {
      return new DirectoryWriter({ ...parts, handle: await folder.create(names.partial) });
    } catch (error) {
      throw errnoOf(error) === 'EEXIST' ? artifactExists(`${folder.path}/${names.partial}`, error) : error;
    }
  }

  get writtenBytes(): number {
    return this.#written;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#run('write', async () => {
      await this.#writeAt(this.#written, bytes);
      this.#written += bytes.byteLength;
      if (bytes.byteLength > 0) this.#contentsEnd = this.#written;
    });
  }

  skip(length: number): Promise<void> {
    return this.#run('write', async () => {
      if (!Number.isSafeInteger(length) || length < 0) throw new RangeError(`a stretch of ${length} bytes`);
      this.#written += length;
    });
  }

  patch(offset: number, bytes: Uint8Array): Promise<void> {
    return this.#run('write', async () => {
      if (!Number.isSafeInteger(offset) || offset < 0 || offset + bytes.byteLength > this.#written) {
        throw new RangeError(`${bytes.byteLength} bytes at ${offset} of ${this.#written}`);
      }
      await this.#writeAt(offset, bytes);
    });
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const { folder, names, handle } = this.#parts;
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.#written - offset)));
    return storing(`read ${folder.path}/${names.artifact}`, async () => {
      let done = 0;
      while (done < bytes.length) {
        const { bytesRead } = await handle.read(bytes, done, bytes.length - done, offset + done);
        // A stretch that was skipped at the end reads as zeros.
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes;
    });
  }

  commit(
    manifest: (proof: CommittedArtifact) => Json | Promise<Json>,
    options: CommitOptions = {},
  ): Promise<CommittedArtifact> {
    return this.#run('commit', async () => {
      this.#state = 'COMMITTING';
      const { key, names, folder, handle } = this.#parts;
      await expectSize(handle, this.#contentsEnd);
      // A hole at the end exists only once the file is that long.
      if (this.#contentsEnd < this.#written) await handle.truncate(this.#written);
      const sha256 = await settleContents(handle, this.#written, options);
      const proof = { ...describeArtifact(key, folder.path, await handle.stat()), sha256 };
      this.#manifest = await writeManifest(folder, names, await manifest(proof));
      await publish(folder, names.partialManifest, names.manifest);
      await folder.sync();
      options.signal?.throwIfAborted();
      await publish(folder, names.partial, names.artifact);
      await folder.sync();
      this.#state = 'COMMITTED';
      // Cannot fail: what is durable is committed, even if closing the file goes wrong.
      await this.#release();
      return proof;
    });
  }

  abort(): Promise<void> {
    // Whoever gives up and whoever closes may ask at the same moment: the second must not work in a folder that the first closed.
    this.#aborting ??= this.#abort();
    return this.#aborting;
  }

  async #abort(): Promise<void> {
    await this.#turn;
    if (this.#state === 'COMMITTED') return;
    const { folder, handle, names } = this.#parts;
    // A disk that fails must not keep the rest from being taken away; the next sweep finds what comes back after a crash.
    const sync = (): Promise<void> => folder.sync().catch(() => undefined);
    try {
      await storing(`remove ${folder.path}/${names.partial}`, async () =>
        discard(folder, names, { artifact: await handle.stat(), manifest: this.#manifest }, sync),
      );
    } finally {
      this.#state = 'ABORTED';
      await this.#release();
    }
  }

  /** One call at a time, none after a failure; `abort` waits for the last of them. */
  #run<T>(what: string, call: () => Promise<T>): Promise<T> {
    const { folder, names } = this.#parts;
    const result = this.#turn.then(async () => {
      if (this.#state !== 'OPEN') throw new MemoirError('INTERNAL', `${what} after the artifact’s end`);
      try {
        return await storing(`${what} ${folder.path}/${names.artifact}`, call);
      } catch (error) {
        this.#state = 'FAILED';
        throw error;
      }
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** pwrite(2) may take less than it was given, at a limit or a full disk, and say so only by its answer. */
  async #writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    this.#parts.guard.spend(bytes.byteLength);
    let done = 0;
    while (done < bytes.byteLength) {
      const { bytesWritten } = await this.#parts.handle.write(bytes, done, bytes.byteLength - done, offset + done);
      if (bytesWritten === 0) throw new MemoirError('STORAGE_FAILED', 'the file system takes no more bytes');
      done += bytesWritten;
    }
  }

  async #release(): Promise<void> {
    this.#parts.ended();
    await Promise.allSettled([this.#parts.handle.close(), this.#parts.folder.close()]);
  }
}

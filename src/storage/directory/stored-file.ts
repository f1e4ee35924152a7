import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { ArtifactKey, ArtifactReader, StoredArtifact } from '../artifact-store.ts';
import { storing } from './storage-failure.ts';

/** What can be said of a file from its inode. */
export function describeArtifact(key: ArtifactKey, folderPath: string, stats: Stats): StoredArtifact {
  return {
    key,
    sizeBytes: stats.size,
    location: join(folderPath, key.file),
    ctime: Math.floor(stats.ctimeMs / 1000),
    mtime: Math.floor(stats.mtimeMs / 1000),
    atime: Math.floor(stats.atimeMs / 1000),
  };
}

export function artifactMissing(location: string, cause?: unknown): MemoirError {
  return new MemoirError('ARTIFACT_MISSING', `there is no artifact at ${location}`, { cause });
}

/** Reads an open file at random; takes the handle over. */
export class DirectoryReader implements ArtifactReader {
  readonly #handle: FileHandle;
  readonly #location: string;
  readonly sizeBytes: number;
  #closing: Promise<void> | undefined;

  constructor(handle: FileHandle, location: string, sizeBytes: number) {
    this.#handle = handle;
    this.#location = location;
    this.sizeBytes = sizeBytes;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const wanted = Math.max(0, Math.min(length, this.sizeBytes - offset));
    const bytes = Buffer.allocUnsafe(wanted);
    let done = 0;
    await storing(`read ${this.#location}`, async () => {
      while (done < wanted) {
        const { bytesRead } = await this.#handle.read(bytes, done, wanted - done, offset + done);
        if (bytesRead === 0) {
          throw new MemoirError(
            'ARTIFACT_DAMAGED',
            `${this.#location} ends at ${offset + done} of ${this.sizeBytes} bytes`,
          );
        }
        done += bytesRead;
      }
    });
    return bytes;
  }

  close(): Promise<void> {
    this.#closing ??= this.#handle.close();
    return this.#closing;
  }
}

import { createHash } from 'node:crypto';
import type { Json } from '../../domain/json.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { checkKey, compareNames } from '../artifact-key.ts';
import type {
  ArtifactKey,
  ArtifactReader,
  ArtifactStore,
  ArtifactWriter,
  CommittedArtifact,
  OpenStore,
  StoredArtifact,
  StoreSpace,
} from '../artifact-store.ts';
import { MemoryWriter } from './memory-writer.ts';

interface Kept {
  readonly artifact: StoredArtifact;
  readonly bytes: Uint8Array;
  readonly manifest: Json;
}

/** Opens a store that lives as long as its object: for tests, and for the thread that opened it. */
export const openStore: OpenStore = async (options) => {
  const { capacityBytes = 256 * 1024 * 1024 } = (options ?? {}) as { [key: string]: Json | undefined };
  if (typeof capacityBytes !== 'number' || !(capacityBytes >= 0)) {
    throw new MemoirError('CONFIG_INVALID', 'the capacity of the memory store is not a size');
  }
  return new MemoryStore(capacityBytes);
};

const nameOf = ({ folder, file }: ArtifactKey): string => `${folder}/${file}`;

class MemoryStore implements ArtifactStore {
  readonly location = 'memory:';
  readonly #capacityBytes: number;
  readonly #kept = new Map<string, Kept>();
  readonly #writers = new Map<string, { readonly expectedBytes: number; readonly writer: MemoryWriter }>();

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  async begin(key: ArtifactKey, expectedBytes: number): Promise<ArtifactWriter> {
    checkKey(key);
    const name = nameOf(key);
    if (this.#kept.has(name) || this.#writers.has(name)) {
      throw new MemoirError('ARTIFACT_EXISTS', `a file already exists at ${this.location}${name}`);
    }
    if (expectedBytes > this.#freeBytes()) {
      throw new MemoirError('NO_SPACE', `${this.#freeBytes()} bytes are free, ${expectedBytes} are needed`);
    }
    const writer = new MemoryWriter({
      room: () => this.#capacityBytes - this.#usedBytes(),
      ended: () => void this.#writers.delete(name),
      keep: (bytes, manifest, signal) => this.#keep(key, bytes, manifest, signal),
    });
    this.#writers.set(name, { expectedBytes, writer });
    return writer;
  }

  async find(key: ArtifactKey): Promise<StoredArtifact | null> {
    checkKey(key);
    return this.#kept.get(nameOf(key))?.artifact ?? null;
  }

  async open(key: ArtifactKey): Promise<ArtifactReader> {
    checkKey(key);
    const kept = this.#kept.get(nameOf(key));
    if (kept === undefined) {
      throw new MemoirError('ARTIFACT_MISSING', `there is no artifact at ${this.location}${nameOf(key)}`);
    }
    return {
      sizeBytes: kept.bytes.byteLength,
      read: async (offset, length) => kept.bytes.slice(offset, offset + Math.max(0, length)),
      close: async () => undefined,
    };
  }

  async manifest(key: ArtifactKey): Promise<Json | null> {
    checkKey(key);
    return structuredClone(this.#kept.get(nameOf(key))?.manifest ?? null);
  }

  async remove(key: ArtifactKey): Promise<boolean> {
    checkKey(key);
    return this.#kept.delete(nameOf(key));
  }

  async *list(): AsyncIterable<StoredArtifact> {
    const artifacts = [...this.#kept.values()].map(({ artifact }) => artifact);
    yield* artifacts.sort(
      (left, right) => compareNames(left.key.folder, right.key.folder) || compareNames(left.key.file, right.key.file),
    );
  }

  /** Writers die with the store: there is never anything left. */
  async sweep(): Promise<string[]> {
    return [];
  }

  async space(): Promise<StoreSpace> {
    return { freeBytes: this.#freeBytes(), totalBytes: this.#capacityBytes, reserveBytes: 0 };
  }

  async close(): Promise<void> {
    // The contents go with the object.
  }

  #usedBytes(): number {
    const kept = [...this.#kept.values()].reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
    return [...this.#writers.values()].reduce((sum, { writer }) => sum + writer.writtenBytes, kept);
  }

  #freeBytes(): number {
    const expected = [...this.#writers.values()].reduce(
      (sum, { expectedBytes, writer }) => sum + Math.max(0, expectedBytes - writer.writtenBytes),
      0,
    );
    return Math.max(0, this.#capacityBytes - this.#usedBytes() - expected);
  }

  async #keep(
    key: ArtifactKey,
    bytes: Uint8Array,
    manifest: (proof: CommittedArtifact) => Json | Promise<Json>,
    signal: AbortSignal | undefined,
  ): Promise<CommittedArtifact> {
    const seconds = Math.floor(Date.now() / 1000);
    const artifact = {
      key,
      sizeBytes: bytes.byteLength,
      location: `${this.location}${nameOf(key)}`,
      ctime: seconds,
      mtime: seconds,
      atime: seconds,
    };
    const proof = { ...artifact, sha256: createHash('sha256').update(bytes).digest('hex') };
    const described = structuredClone(await manifest(proof));
    signal?.throwIfAborted();
    this.#kept.set(nameOf(key), { artifact, bytes, manifest: described });
    return proof;
  }
}

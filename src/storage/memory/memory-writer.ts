import type { Json } from '../../domain/json.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { ArtifactWriter, CommitOptions, CommittedArtifact } from '../artifact-store.ts';

interface WriterParts {
  /** How many bytes still fit. */
  readonly room: () => number;
  readonly ended: () => void;
  readonly keep: (
    bytes: Uint8Array,
    manifest: (proof: CommittedArtifact) => Json | Promise<Json>,
    signal: AbortSignal | undefined,
  ) => Promise<CommittedArtifact>;
}

/** Collects an artifact in one growing buffer. */
export class MemoryWriter implements ArtifactWriter {
  readonly #parts: WriterParts;
  #bytes = new Uint8Array(4096);
  #written = 0;
  #keeping: Promise<CommittedArtifact> | undefined;
  #state: 'OPEN' | 'COMMITTING' | 'FAILED' | 'COMMITTED' | 'ABORTED' = 'OPEN';

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  get writtenBytes(): number {
    return this.#written;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#grow(bytes.byteLength);
    this.#bytes.set(bytes, this.#written);
    this.#written += bytes.byteLength;
  }

  async skip(length: number): Promise<void> {
    if (!Number.isSafeInteger(length) || length < 0) throw this.#failed(new RangeError(`a stretch of ${length} bytes`));
    this.#grow(length);
    this.#written += length;
  }

  async patch(offset: number, bytes: Uint8Array): Promise<void> {
    this.#check();
    if (!Number.isSafeInteger(offset) || offset < 0 || offset + bytes.byteLength > this.#written) {
      throw this.#failed(new RangeError(`${bytes.byteLength} bytes at ${offset} of ${this.#written}`));
    }
    this.#bytes.set(bytes, offset);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return this.#bytes.slice(offset, Math.min(offset + length, this.#written));
  }

  async commit(
    manifest: (proof: CommittedArtifact) => Json | Promise<Json>,
    options: CommitOptions = {},
  ): Promise<CommittedArtifact> {
    this.#check();
    this.#state = 'COMMITTING';
    try {
      options.signal?.throwIfAborted();
      this.#keeping = this.#parts.keep(this.#bytes.slice(0, this.#written), manifest, options.signal);
      const proof = await this.#keeping;
      options.digested?.(this.#written);
      this.#state = 'COMMITTED';
      this.#parts.ended();
      return proof;
    } catch (error) {
      throw this.#failed(error);
    }
  }

  async abort(): Promise<void> {
    await this.#keeping?.catch(() => undefined);
    if (this.#state === 'COMMITTED' || this.#state === 'ABORTED') return;
    this.#state = 'ABORTED';
    this.#bytes = new Uint8Array(0);
    this.#parts.ended();
  }

  #grow(length: number): void {
    this.#check();
    if (length > this.#parts.room()) throw this.#failed(new MemoirError('NO_SPACE', 'the memory store is full'));
    const needed = this.#written + length;
    if (needed <= this.#bytes.byteLength) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.byteLength * 2));
    larger.set(this.#bytes.subarray(0, this.#written));
    this.#bytes = larger;
  }

  #check(): void {
    if (this.#state !== 'OPEN') throw new MemoirError('INTERNAL', 'a call after the artifact’s end');
  }

  #failed(error: unknown): unknown {
    this.#state = 'FAILED';
    return error;
  }
}

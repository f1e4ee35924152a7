import { MemoirError } from '../../domain/memoir-error.ts';
import type { ArtifactStore } from '../../storage/artifact-store.ts';
import { type HeapCapture, readHeapCapture } from './heap-capture.ts';

/**
 * All captures that the store holds, newest first. Read from their manifests once, then kept in step by whoever adds or
 * removes one; there are as many as people took, some thousand at most.
 */
export class HeapCaptures {
  readonly #store: ArtifactStore;
  #known: Promise<Map<string, HeapCapture>> | null = null;

  constructor(store: ArtifactStore) {
    this.#store = store;
  }

  async #all(): Promise<Map<string, HeapCapture>> {
    this.#known ??= this.#read();
    try {
      return await this.#known;
    } catch (error) {
      this.#known = null;
      throw error;
    }
  }

  async #read(): Promise<Map<string, HeapCapture>> {
    const found = new Map<string, HeapCapture>();
    for await (const { key } of this.#store.list()) {
      const capture = readHeapCapture(await this.#store.manifest(key));
      if (capture !== null) found.set(capture.id, capture);
    }
    return found;
  }

  async list(): Promise<readonly HeapCapture[]> {
    return [...(await this.#all()).values()].sort((a, b) => b.takenAtMs - a.takenAtMs || b.index - a.index);
  }

  /** NOT_FOUND if there is none. */
  async get(id: string): Promise<HeapCapture> {
    const capture = (await this.#all()).get(id);
    if (capture === undefined) throw new MemoirError('NOT_FOUND', `there is no heap capture ${JSON.stringify(id)}`);
    return capture;
  }

  /** Those of one session, in the order in which they were taken. */
  async ofSession(sessionId: string): Promise<readonly HeapCapture[]> {
    const captures = [...(await this.#all()).values()].filter((capture) => capture.sessionId === sessionId);
    return captures.sort((a, b) => a.index - b.index);
  }

  /** One that was just committed. */
  async add(capture: HeapCapture): Promise<void> {
    (await this.#all()).set(capture.id, capture);
  }

  /** Removes file and manifest. */
  async remove(id: string): Promise<HeapCapture> {
    const capture = await this.get(id);
    await this.#store.remove({ folder: capture.folder, file: capture.file });
    (await this.#all()).delete(id);
    return capture;
  }
}

import { MemoirError } from '../../domain/memoir-error.ts';
import type { ArtifactStore, StoredArtifact } from '../../storage/artifact-store.ts';
import type { CaptureCatalogue, CapturePage, CaptureSession } from './capture-catalogue.ts';
import { type CaptureState, type HeapCapture, readHeapCapture, type StoredCapture } from './heap-capture.ts';

/** What `reconcile` did. */
export interface Reconciled {
  /** Artifacts whose deletion an earlier server had begun. */
  readonly removed: readonly string[];
  /** Captures that were in the store and not in the catalogue. */
  readonly added: number;
  /** Files that lie there with a manifest that is not ours. */
  readonly unreadable: number;
}

const batchSize = 200;

/** The stored captures: their artifacts in the store, and the catalogue that lists them without reading a file. */
export class HeapCaptures {
  readonly #store: ArtifactStore;
  readonly #catalogue: CaptureCatalogue;

  constructor(store: ArtifactStore, catalogue: CaptureCatalogue) {
    this.#store = store;
    this.#catalogue = catalogue;
  }

  /** Newest first. */
  page(page: CapturePage): Promise<StoredCapture[]> {
    return this.#catalogue.page(page);
  }

  sessions(page: CapturePage): Promise<CaptureSession[]> {
    return this.#catalogue.sessions(page);
  }

  /** Null if there is none. */
  async find(id: string): Promise<StoredCapture | null> {
    const [capture = null] = await this.#catalogue.get([id]);
    return capture;
  }

  /** NOT_FOUND if there is none. */
  async get(id: string): Promise<StoredCapture> {
    const capture = await this.find(id);
    if (capture === null) throw new MemoirError('NOT_FOUND', `there is no heap capture ${JSON.stringify(id)}`);
    return capture;
  }

  /** Those of one session, in the order in which they were taken. */
  ofSession(sessionId: string): Promise<StoredCapture[]> {
    return this.#catalogue.ofSession(sessionId);
  }

  /** One that was just committed. */
  async add(capture: HeapCapture): Promise<void> {
    await this.#catalogue.add([capture]);
  }

  mark(id: string, state: CaptureState): Promise<boolean> {
    return this.#catalogue.mark(id, state);
  }

  /** Removes file and manifest; what a server that ends meanwhile leaves of them is removed by `reconcile`. */
  async remove(id: string): Promise<StoredCapture> {
    const capture = await this.get(id);
    await this.#catalogue.delete(id);
    await this.#removeFile(capture);
    return capture;
  }

  async #removeFile({ id, folder, file }: HeapCapture): Promise<void> {
    await this.#store.remove({ folder, file });
    await this.#catalogue.forget(id);
  }

  /** Finishes deletions, and adds what the catalogue does not know from its manifest; after a lost database that is all. */
  async reconcile(signal?: AbortSignal): Promise<Reconciled> {
    const removed: string[] = [];
    for (const capture of await this.#catalogue.deleted()) {
      await this.#removeFile(capture);
      removed.push(capture.location);
    }
    let added = 0;
    let unreadable = 0;
    for await (const batch of this.#batches()) {
      signal?.throwIfAborted();
      const unknown = new Set(await this.#catalogue.unknown(batch.map(idOf)));
      const captures: HeapCapture[] = [];
      for (const artifact of batch) {
        if (!unknown.has(idOf(artifact))) continue;
        const capture = readHeapCapture(await this.#store.manifest(artifact.key));
        if (capture === null) unreadable++;
        else captures.push(capture);
      }
      if (captures.length > 0) added += await this.#catalogue.add(captures);
    }
    return { removed, added, unreadable };
  }

  async *#batches(): AsyncGenerator<StoredArtifact[]> {
    let batch: StoredArtifact[] = [];
    for await (const artifact of this.#store.list()) {
      batch.push(artifact);
      if (batch.length < batchSize) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }
}

/** As `captureFile` named it. */
const idOf = ({ key }: StoredArtifact): string => key.file.replace(/^[^_]*_/, '').replace(/\.heapsnapshot\.zst$/, '');

import { isUuid } from '../domain/id.ts';
import type { Operations } from '../operations/operations.ts';
import type { DumpRecords } from '../records/dump-records.ts';
import type { ArtifactStore, StoredArtifact } from '../storage/artifact-store.ts';

/** Artifacts in the store of which this server has no record. */
export interface UnwantedArtifacts {
  readonly count: number;
  readonly sizeBytes: number;
  /** Where the first of them are. */
  readonly locations: readonly string[];
}

export interface ArtifactTidyParts {
  readonly store: ArtifactStore;
  /** This server's own catalogue. */
  readonly records: Pick<DumpRecords, 'get'>;
  readonly operations: Pick<Operations, 'get'>;
}

/** Artifacts that are looked up at once. */
const batchSize = 200;
const maxNamed = 20;

/**
 * Holds what lies in the store against the catalogue. A deletion that a dead server had said and not done is finished. What
 * has no record is left alone, because nobody knows why it is there: a lost database wants `reindex`, a stranger's artifact
 * nothing at all. It is reported, and removed only when someone says so.
 */
export class ArtifactTidy {
  readonly #parts: ArtifactTidyParts;
  #unwanted: readonly StoredArtifact[] | null = null;

  constructor(parts: ArtifactTidyParts) {
    this.#parts = parts;
  }

  /** What the last look found; null before the first. */
  get unwanted(): UnwantedArtifacts | null {
    if (this.#unwanted === null) return null;
    return {
      count: this.#unwanted.length,
      sizeBytes: this.#unwanted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      locations: this.#unwanted.slice(0, maxNamed).map(({ location }) => location),
    };
  }

  /** Finishes deletions, and looks for what is unwanted; answers what was removed. Safe to repeat. */
  async look(signal?: AbortSignal): Promise<readonly string[]> {
    const removed: string[] = [];
    const unwanted: StoredArtifact[] = [];
    for await (const batch of this.#batches()) {
      signal?.throwIfAborted();
      const records = await this.#parts.records.get(batch.map(({ id }) => id));
      for (const [index, { artifact }] of batch.entries()) {
        const state = records[index]?.state;
        if (state === 'DELETED' && (await this.#parts.store.remove(artifact.key))) removed.push(artifact.location);
      }
      unwanted.push(...(await this.#withoutRecord(batch.filter((_, index) => records[index] == null))));
    }
    this.#unwanted = unwanted;
    return removed;
  }

  /** As `look`; until it is over, nothing is said to be unwanted that it may find wanted by now. */
  async lookAgain(): Promise<void> {
    this.#unwanted = null;
    await this.look();
  }

  /** Removes what still is unwanted after another look; answers what was removed. */
  async removeUnwanted(): Promise<UnwantedArtifacts> {
    await this.look();
    const found = this.unwanted as UnwantedArtifacts;
    for (const { key } of this.#unwanted ?? []) await this.#parts.store.remove(key);
    this.#unwanted = [];
    return found;
  }

  /** An artifact is there a moment before its record: not while its dump is still to be completed. */
  async #withoutRecord(batch: readonly Named[]): Promise<StoredArtifact[]> {
    if (batch.length === 0) return [];
    const operations = await this.#parts.operations.get(batch.map(({ id }) => id));
    return batch.filter((_, index) => operations[index]?.state !== 'RUNNING').map(({ artifact }) => artifact);
  }

  /** Artifacts that are named as ours are; DUMP_DIR may hold other people's files. */
  async *#batches(): AsyncGenerator<Named[]> {
    let batch: Named[] = [];
    for await (const artifact of this.#parts.store.list()) {
      const id = /^\d{8}T\d{6}Z_([^.]+)\./.exec(artifact.key.file)?.[1];
      if (id === undefined || !isUuid(id)) continue;
      batch.push({ id, artifact });
      if (batch.length < batchSize) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }
}

interface Named {
  readonly id: string;
  readonly artifact: StoredArtifact;
}

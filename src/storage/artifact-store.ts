import type { Closable } from '../domain/closable.ts';
import type { Json } from '../domain/json.ts';

/**
 * Names an artifact: made of ids and a time only, never of a machine's name. `folder` is the machine's UUID, `file` the base
 * name with its extensions; both match /^[0-9A-Za-z][0-9A-Za-z._-]*$/ and are refused (BAD_INPUT) otherwise.
 */
export interface ArtifactKey {
  readonly folder: string;
  readonly file: string;
}

/** A committed artifact, as found. */
export interface StoredArtifact {
  readonly key: ArtifactKey;
  readonly sizeBytes: number;
  /** Where a person finds it: an absolute path, or an address. */
  readonly location: string;
  /** Epoch seconds, as the old dashboards have them. */
  readonly ctime: number;
  readonly mtime: number;
  readonly atime: number;
}

/** A commit's proof. */
export interface CommittedArtifact extends StoredArtifact {
  /** Digest of the artifact as it lies there, lower-case hex. */
  readonly sha256: string;
}

/**
 * One artifact being written, private until committed. `commit` and `abort` consume the writer: exactly one of them is
 * called, once; `abort` after a failed `commit` is allowed and leaves nothing. Every failure to write is NO_SPACE or
 * STORAGE_FAILED.
 */
export interface ArtifactWriter {
  /** Appends all of the bytes, however short the single writes are. Calls do not overlap. */
  write(bytes: Uint8Array): Promise<void>;
  /** Leaves a stretch of zeros, unwritten where the store can (a hole). */
  skip(length: number): Promise<void>;
  /** Replaces bytes that were written before. */
  patch(offset: number, bytes: Uint8Array): Promise<void>;
  readonly writtenBytes: number;
  /**
   * Makes it durable and visible: contents, digest, manifest, name, in an order that at no moment shows an incomplete file
   * or an artifact without its manifest. `manifest` is called with the proof and returns what is kept beside the artifact.
   * ARTIFACT_EXISTS if something has the name already.
   */
  commit(manifest: (proof: CommittedArtifact) => Json): Promise<CommittedArtifact>;
  abort(): Promise<void>;
}

/** Random access to a committed artifact. */
export interface ArtifactReader extends Closable {
  readonly sizeBytes: number;
  /** Up to `length` bytes at `offset`; fewer only at the end. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

export interface StoreSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/**
 * A place for artifacts: a directory today, an object store one day; so everything is asynchronous and nothing is a path
 * but `location`, which is for people. Implementations pass the one suite in test/contracts/.
 */
export interface ArtifactStore extends Closable {
  /** For people: where it is. */
  readonly location: string;
  /** NO_SPACE if `expectedBytes` do not fit now (with a reserve); ARTIFACT_EXISTS if the name is taken. */
  begin(key: ArtifactKey, expectedBytes: number): Promise<ArtifactWriter>;
  /** Null if there is none. */
  find(key: ArtifactKey): Promise<StoredArtifact | null>;
  /** ARTIFACT_MISSING if there is none. */
  open(key: ArtifactKey): Promise<ArtifactReader>;
  /** The manifest as it was committed; null if there is none. */
  manifest(key: ArtifactKey): Promise<Json | null>;
  /** Removes artifact and manifest, artifact first gone from view; true if there was something. */
  remove(key: ArtifactKey): Promise<boolean>;
  /** Every committed artifact that has a manifest, in the order of keys. */
  list(): AsyncIterable<StoredArtifact>;
  /** Removes what writers that died have left; answers what was removed. Called when no writer is at work. */
  sweep(): Promise<string[]>;
  space(): Promise<StoreSpace>;
}

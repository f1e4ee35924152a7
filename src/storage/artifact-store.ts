import type { Closable } from '../domain/closable.ts';
import type { Json } from '../domain/json.ts';

/**
 * Names an artifact: made of ids and a time only, never of a machine's name. `folder` is the machine's UUID, `file` the base
 * name with its extensions; both match /^[0-9A-Za-z][0-9A-Za-z._-]*$/, have at most 200 characters and are refused
 * (BAD_INPUT) otherwise. `file` does not end in `.json`: that is how a manifest is called.
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

/** A commit's proof. Its times are those of the moment of the digest; the last renaming may still move `ctime`. */
export interface CommittedArtifact extends StoredArtifact {
  /** Digest of the artifact as it lies there, lower-case hex. */
  readonly sha256: string;
}

/** What a commit may be told; every part of it can be left out. */
export interface CommitOptions {
  /** Ends the digest of a large artifact early: `commit` rejects with the signal's reason, nothing is visible. */
  readonly signal?: AbortSignal;
  /** How far the digest is, in bytes of the artifact: a sign of life while nothing is written any more. */
  readonly digested?: (bytes: number) => void;
}

/**
 * One artifact being written, private until committed. `commit` is called at most once, and nothing is written after it.
 * `abort` leaves nothing; it waits for a call under way, may be repeated, and does nothing after a commit that succeeded,
 * so that it can stand in a `finally`. A commit that failed has to be followed by it. Every failure to write is NO_SPACE or
 * STORAGE_FAILED; after one, only `abort` is left.
 */
export interface ArtifactWriter {
  /**
   * Appends all of the bytes, however short the single writes are. Calls do not overlap, and the bytes stay as they are
   * until the promise settles.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Leaves a stretch of zeros, unwritten where the store can (a hole). */
  skip(length: number): Promise<void>;
  /** Replaces bytes that were written or skipped before; a RangeError beyond them. */
  patch(offset: number, bytes: Uint8Array): Promise<void>;
  readonly writtenBytes: number;
  /** Bytes that were written, fewer only at the end; also while `commit` waits for its manifest. Not after the end. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /**
   * Makes it durable and visible: contents, digest, manifest, name, in an order that at no moment shows an incomplete file
   * or an artifact without its manifest. `manifest` is called with the proof and returns what is kept beside the artifact;
   * it may take its time for it, and nothing is visible before it is done. ARTIFACT_EXISTS if something has the name already.
   */
  commit(
    manifest: (proof: CommittedArtifact) => Json | Promise<Json>,
    options?: CommitOptions,
  ): Promise<CommittedArtifact>;
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
  /** Part of the free bytes that no artifact may take: the journal and others need room too. */
  readonly reserveBytes: number;
}

/**
 * A place for artifacts: a directory today, an object store one day; so everything is asynchronous and nothing is a path
 * but `location`, which is for people. Implementations pass the one suite in test/contracts/.
 */
export interface ArtifactStore extends Closable {
  /** For people: where it is. */
  readonly location: string;
  /**
   * NO_SPACE if `expectedBytes` do not fit now, beside a reserve and what this store's other writers still expect;
   * ARTIFACT_EXISTS if the name is taken, also by another writer.
   */
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
  /**
   * Removes what writers that died have left, and nothing else: a manifest whose artifact a person moved away stays.
   * Answers what was removed. Called when no writer is at work.
   */
  sweep(): Promise<string[]>;
  space(): Promise<StoreSpace>;
}

/**
 * What a module that implements a store exports as `openStore`, so that a ModuleReference can name it and another thread
 * load it. STORAGE_FAILED where the place cannot be used, CONFIG_INVALID where the options make no sense.
 */
export type OpenStore = (options: Json) => Promise<ArtifactStore>;

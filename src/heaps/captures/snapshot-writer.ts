import { MemoirError } from '../../domain/memoir-error.ts';
import { FormatError } from '../../formats/format-error.ts';
import { SnapshotRedactor } from '../../formats/heap-snapshot/redaction.ts';
import { SnapshotScanner } from '../../formats/heap-snapshot/snapshot-scanner.ts';
import { FrameCompressor } from '../../formats/zstd-seekable/frame-compressor.ts';
import { SeekTableWriter } from '../../formats/zstd-seekable/seek-table.ts';
import type { ArtifactStore, ArtifactWriter, CommittedArtifact } from '../../storage/artifact-store.ts';
import type { CaptureFacts, HeapCapture } from './heap-capture.ts';

const frameBytes = 512 * 1024;
const level = 3;
/** What may wait for compressor and disk before the sender is held. */
const backlogBytes = 256 * 1024 * 1024;

/** The scanner is asked for the form only. */
const nobody = { layout: () => undefined, numbers: () => undefined, string: () => undefined };

/**
 * Writes one snapshot as it comes: checked, redacted if wanted, compressed in frames that can be read anywhere. `push`
 * answers a promise when so much waits that the sender should. Nothing is visible before `commit`; after any failure only
 * `abort` is left, which may always be called.
 */
export class SnapshotWriter {
  readonly #writer: ArtifactWriter;
  readonly #redactor: SnapshotRedactor | null;
  readonly #scanner: SnapshotScanner | null;
  readonly #compressor = new FrameCompressor(level, frameBytes);
  readonly #table = new SeekTableWriter();
  #frame = Buffer.allocUnsafe(frameBytes);
  #filled = 0;
  #received = 0;
  #rawBytes = 0;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #pump: Promise<void> | null = null;
  #failure: unknown;

  private constructor(writer: ArtifactWriter, redact: boolean) {
    this.#writer = writer;
    this.#redactor = redact ? new SnapshotRedactor() : null;
    this.#scanner = redact ? null : new SnapshotScanner(nobody);
  }

  static async begin(
    store: ArtifactStore,
    key: { readonly folder: string; readonly file: string },
    expectedBytes: number,
    redact: boolean,
  ): Promise<SnapshotWriter> {
    return new SnapshotWriter(await store.begin(key, expectedBytes), redact);
  }

  /** Bytes that came in. */
  get receivedBytes(): number {
    return this.#received;
  }

  push(chunk: Buffer): Promise<void> | undefined {
    if (this.#failure !== undefined) return undefined;
    this.#received += chunk.length;
    try {
      if (this.#redactor === null) {
        this.#scanner?.push(chunk);
        this.#keep(chunk);
      } else {
        for (const piece of this.#redactor.push(chunk)) this.#keep(Buffer.from(piece));
      }
    } catch (error) {
      this.#failure = invalid(error);
    }
    this.#pump ??= this.#run();
    return this.#waitingBytes > backlogBytes ? this.#pump : undefined;
  }

  #keep(chunk: Buffer): void {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
  }

  async #run(): Promise<void> {
    // First of all the caller keeps the promise, which the end below takes away again.
    await null;
    try {
      for (let chunk = this.#waiting.shift(); chunk !== undefined; chunk = this.#waiting.shift()) {
        await this.#write(chunk);
        this.#waitingBytes -= chunk.length;
      }
    } catch (error) {
      this.#failure ??= error;
      this.#waiting = [];
      this.#waitingBytes = 0;
    } finally {
      this.#pump = null;
    }
  }

  async #write(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.copy(this.#frame, this.#filled, at);
      this.#filled += taken;
      at += taken;
      if (this.#filled === frameBytes) await this.#flush();
    }
  }

  async #flush(): Promise<void> {
    if (this.#filled === 0) return;
    const frame = await this.#compressor.compress(this.#frame.subarray(0, this.#filled));
    await this.#writer.write(frame.bytes);
    const { contentSize, checksum } = frame;
    this.#table.append({ compressedSize: frame.bytes.length, contentSize, checksum });
    frame.giveBack?.();
    this.#rawBytes += this.#filled;
    this.#filled = 0;
  }

  /** Everything came: complete, durable, visible. */
  async commit(facts: CaptureFacts, signal?: AbortSignal): Promise<HeapCapture> {
    while (this.#pump !== null) await this.#pump;
    if (this.#failure !== undefined) throw this.#failure;
    try {
      this.#redactor?.end();
      this.#scanner?.end();
    } catch (error) {
      throw invalid(error);
    }
    await this.#flush();
    await this.#writer.write(this.#table.finish());
    const rawSizeBytes = this.#rawBytes;
    const captureOf = ({ location, sizeBytes, sha256 }: CommittedArtifact) =>
      ({ memoir: 'heap', version: 1, ...facts, location, sizeBytes, rawSizeBytes, sha256 }) satisfies HeapCapture;
    const committed = await this.#writer.commit(captureOf, signal === undefined ? {} : { signal });
    this.#compressor.close();
    return captureOf(committed);
  }

  async abort(): Promise<void> {
    this.#failure ??= new MemoirError('CANCELLED', 'the snapshot was given up');
    this.#waiting = [];
    while (this.#pump !== null) await this.#pump;
    this.#compressor.close();
    await this.#writer.abort();
  }
}

function invalid(error: unknown): unknown {
  if (!(error instanceof FormatError)) return error;
  return new MemoirError('SNAPSHOT_INVALID', error.message, { cause: error, details: { fault: error.fault } });
}

import { createHash } from 'node:crypto';
import type { Json } from '../../domain/json.ts';
import { fromErrorShape, type MemoirError, toErrorShape } from '../../domain/memoir-error.ts';
import type { OpenSource } from '../../machines/memory-source.ts';
import type { ArtifactWriter, CommittedArtifact } from '../../storage/artifact-store.ts';
import { openStoreOf } from '../../storage/open-store.ts';
import { openFrames } from '../artifact-content.ts';
import { type DumpFacts, type Manifest, makeManifest } from '../manifest.ts';
import { createCodec } from './codec.ts';
import { DumpSink, frameBytes } from './dump-sink.ts';
import type { CaptureCommand, CaptureJob, CaptureProgress, CaptureReport } from './messages.ts';
import { Spool } from './spool.ts';
import { threadFailure } from './thread-failure.ts';

/** How often it is said how far the capture is: the only throttle on this side. */
const progressMs = 50;

/**
 * One capture on its own thread: source → image → frames → compressor → artifact. It owns everything that it opens, and
 * closes it whichever way it ends. Its last report is COMMITTED or FAILED; with FAILED nothing is left on the disk.
 */
export class CaptureSession {
  readonly #report: (report: CaptureReport) => void;
  readonly #control = new AbortController();
  /** What the manifest needs from the server, and when it came. */
  readonly #facts = Promise.withResolvers<{ facts: DumpFacts; elapsedMs: number; atMs: number }>();
  #manifest: Manifest | undefined;
  #digestedBytes = 0;
  #isOpen = false;
  /** Settles when the last report was sent. */
  readonly ended: Promise<void>;
  readonly #end: () => void;

  constructor(report: (report: CaptureReport) => void) {
    this.#report = report;
    this.#facts.promise.catch(() => undefined);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
  }

  take(command: CaptureCommand): void {
    switch (command.type) {
      case 'OPEN':
        // Whoever gives up may do so before it is asked to open: nobody would take away what is made now.
        if (!this.#control.signal.aborted) void this.#whole(command.job);
        return;
      case 'FINISH':
        // By a clock that nobody sets: the other one may jump in the middle of a dump.
        this.#facts.resolve({ ...command, atMs: performance.now() });
        return;
      case 'ABORT':
        this.#abort(fromErrorShape(command.error));
        return;
      default:
        command satisfies never;
    }
  }

  #abort(reason: MemoirError): void {
    this.#control.abort(reason);
    this.#facts.reject(reason);
    if (!this.#isOpen) this.#last(reason);
  }

  async #whole(job: CaptureJob): Promise<void> {
    this.#isOpen = true;
    try {
      await this.#capture(job);
      this.#last();
    } catch (error) {
      const { signal } = this.#control;
      this.#last(signal.aborted ? signal.reason : threadFailure(error));
    }
  }

  /** A commit that could not be stopped any more is a dump, whatever was wished meanwhile. */
  #last(error?: MemoirError): void {
    if (this.#manifest !== undefined) this.#report({ type: 'COMMITTED', manifest: this.#manifest });
    else if (error !== undefined) this.#report({ type: 'FAILED', error: toErrorShape(error) });
    this.#end();
  }

  async #capture(job: CaptureJob): Promise<void> {
    const { signal } = this.#control;
    await using opened = new AsyncDisposableStack();
    const closing = (close: () => Promise<void>): void => opened.defer(() => close().catch(() => undefined));

    const { openSource }: { openSource: OpenSource } = await import(job.source.module);
    const store = await openStoreOf(job.store);
    closing(() => store.close());
    const writer = await store.begin(job.key, job.expectedBytes);
    closing(() => writer.abort());
    // What is still to be written is not waited for when it is no longer needed.
    signal.addEventListener('abort', () => void writer.abort().catch(() => undefined), { once: true });
    signal.throwIfAborted();
    const spool = await Spool.open(job.spoolFolder, frameBytes, job.spoolBytes);
    const sink = new DumpSink({ format: job.format, codec: createCodec(job.compression, frameBytes), writer, spool });
    closing(() => sink.close());
    const source = await openSource(job.source.options);
    closing(() => source.close());
    signal.throwIfAborted();
    const timer = this.#tellProgress(sink);
    opened.defer(() => clearInterval(timer));

    this.#report({ type: 'READY' });
    const tail = await source.read(sink, signal);
    this.#report({ type: 'DRAINED' });
    const image = await sink.finish(tail);
    signal.throwIfAborted();

    // While the server puts the guest right, the bytes go to the disk; they become an artifact only when that ended well too.
    let described: Manifest | undefined;
    const describe = async (proof: CommittedArtifact): Promise<Json> => {
      const imageSha256 = job.imageDigest ? await this.#imageDigest(writer, job, proof) : null;
      const { facts, elapsedMs, atMs } = await this.#facts.promise;
      const durationMs = elapsedMs + performance.now() - atMs;
      described = makeManifest(facts, image, proof, { nowMs: Date.now(), durationMs, imageSha256 });
      return { ...described };
    };
    await writer.commit(describe, {
      signal,
      digested: (bytes) => {
        this.#digestedBytes = bytes;
      },
    });
    this.#manifest = described;
  }

  /** Read back from what was written: the header stands in front of the image and is known last. */
  async #imageDigest(writer: ArtifactWriter, { compression }: CaptureJob, proof: CommittedArtifact): Promise<string> {
    const written = {
      sizeBytes: proof.sizeBytes,
      read: (offset: number, length: number) => writer.read(offset, length),
    };
    const frames = await openFrames(written, compression);
    if (frames === null) return proof.sha256;
    const hash = createHash('sha256');
    for await (const piece of frames.stream(0, frames.size, { signal: this.#control.signal })) {
      hash.update(piece);
      this.#digestedBytes += piece.length;
    }
    return hash.digest('hex');
  }

  #tellProgress(sink: DumpSink): NodeJS.Timeout {
    let told = '';
    return setInterval(() => {
      const progress: CaptureProgress = { ...sink.progress, digestedBytes: this.#digestedBytes };
      const text = JSON.stringify(progress);
      if (text === told) return;
      told = text;
      this.#report({ type: 'PROGRESS', progress });
    }, progressMs);
  }
}

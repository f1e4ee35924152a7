import { createHash } from 'node:crypto';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import type { CapturePlan, CaptureReader } from '../../src/machines/capture.ts';
import {
  type MemoryLayout,
  type MemorySink,
  type MemorySource,
  type MemoryTail,
  type OpenSource,
  pageBytes,
} from '../../src/machines/memory-source.ts';

/** Checks what a source says against the contract of MemorySink, page by page, and keeps the image if it is told to. */
export class MemoryRecorder implements MemorySink {
  readonly image: Buffer | null;
  readonly complaints: string[] = [];
  memoryLayout: MemoryLayout | null = null;
  passedBytes = 0;
  zeroBytes = 0;
  /** Calls of `data` that came before or after their turn. */
  outOfTurn = 0;
  receivedBytes = 0;
  #seen = new Uint8Array(0);
  #next = 0;
  readonly #moved: (passedBytes: number) => void;

  constructor(imageBytes: number | null, moved: (passedBytes: number) => void) {
    this.image = imageBytes === null ? null : Buffer.alloc(imageBytes);
    this.#moved = moved;
  }

  layout(layout: MemoryLayout): void {
    if (this.memoryLayout !== null) this.complaints.push('a second layout');
    this.memoryLayout = layout;
    this.#seen = new Uint8Array(this.totalBytes / pageBytes);
  }

  data(offset: number, bytes: Uint8Array): void {
    this.image?.set(bytes, offset);
    if (offset !== this.#next) this.outOfTurn += 1;
    this.#pass(offset, bytes.byteLength);
  }

  zero(offset: number, length: number): void {
    this.zeroBytes += length;
    this.#pass(offset, length);
  }

  received(bytes: number): void {
    if (bytes < this.receivedBytes) this.complaints.push(`received fell to ${bytes}`);
    this.receivedBytes = bytes;
  }

  get totalBytes(): number {
    return (this.memoryLayout?.ranges ?? []).reduce((sum, { start, end }) => sum + Number(end - start), 0);
  }

  get missingPages(): number {
    return this.#seen.reduce((count, times) => count + (times === 0 ? 1 : 0), 0);
  }

  digest(): string {
    return createHash('sha256')
      .update(this.image ?? '')
      .digest('hex');
  }

  #pass(offset: number, length: number): void {
    if (this.memoryLayout === null) this.complaints.push('bytes before the layout');
    if (offset % pageBytes !== 0 || length % pageBytes !== 0 || length === 0) {
      this.complaints.push(`${length} bytes at ${offset} are no whole pages`);
    }
    for (let page = offset / pageBytes; page < (offset + length) / pageBytes; page++) {
      const times = this.#seen[page];
      if (times !== 0)
        this.complaints.push(times === undefined ? `page ${page} is outside` : `page ${page} came twice`);
      this.#seen[page] = 1;
    }
    this.#next = offset + length;
    this.passedBytes += length;
    this.#moved(this.passedBytes);
  }
}

export interface InProcessReaderOptions {
  /** Keep the whole image in memory: for small machines. */
  readonly keepImage?: boolean;
  readonly moved?: (passedBytes: number) => void;
}

/** A CaptureReader on the caller's own thread: what dumps/ does with a worker, a compressor and a disk, without those. */
export class InProcessReader implements CaptureReader {
  readonly recorder: MemoryRecorder;
  readonly drained: Promise<void>;
  /** How often the hypervisor said that something moved there. */
  moves = 0;
  tail: MemoryTail | null = null;
  opened = 0;
  abandoned = 0;
  readonly #plan: CapturePlan;
  readonly #controller = new AbortController();
  readonly #drained = Promise.withResolvers<void>();
  #source: MemorySource | null = null;

  constructor(plan: CapturePlan, { keepImage = false, moved = () => undefined }: InProcessReaderOptions = {}) {
    this.#plan = plan;
    this.recorder = new MemoryRecorder(keepImage ? plan.memoryBytes : null, moved);
    this.drained = this.#drained.promise;
    this.drained.catch(() => undefined);
  }

  async open(): Promise<void> {
    this.opened += 1;
    const { openSource } = (await import(this.#plan.source.module)) as { openSource: OpenSource };
    this.#source = await openSource(this.#plan.source.options);
    void this.#read(this.#source);
  }

  moved(): void {
    this.moves += 1;
  }

  abandon(): void {
    this.abandoned += 1;
    const reason = new MemoirError('CAPTURE_FAILED', 'the hypervisor ended the capture');
    this.#controller.abort(reason);
    this.#drained.reject(reason);
  }

  async #read(source: MemorySource): Promise<void> {
    try {
      this.tail = await source.read(this.recorder, this.#controller.signal);
      await source.close();
      this.#drained.resolve();
    } catch (error) {
      await source.close();
      this.#drained.reject(error);
    }
  }
}

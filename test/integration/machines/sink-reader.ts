import { MemoirError } from '../../../src/domain/memoir-error.ts';
import type { CapturePlan, CaptureReader } from '../../../src/machines/capture.ts';
import type { MemorySink, MemorySource, MemoryTail, OpenSource } from '../../../src/machines/memory-source.ts';

/** A CaptureReader on the test's own thread, into any sink. */
export class SinkReader implements CaptureReader {
  readonly drained: Promise<void>;
  tail: MemoryTail | undefined;
  readonly #plan: CapturePlan;
  readonly #sink: MemorySink;
  readonly #controller = new AbortController();
  readonly #drained = Promise.withResolvers<void>();

  constructor(plan: CapturePlan, sink: MemorySink) {
    this.#plan = plan;
    this.#sink = sink;
    this.drained = this.#drained.promise;
    this.drained.catch(() => undefined);
  }

  async open(): Promise<void> {
    const { openSource } = (await import(this.#plan.source.module)) as { openSource: OpenSource };
    void this.#read(await openSource(this.#plan.source.options));
  }

  moved(): void {}

  abandon(): void {
    this.#controller.abort(new MemoirError('CAPTURE_FAILED', 'the hypervisor ended the capture'));
  }

  async #read(source: MemorySource): Promise<void> {
    try {
      this.tail = await source.read(this.#sink, this.#controller.signal);
      await source.close();
      this.#drained.resolve();
    } catch (error) {
      await source.close();
      this.#drained.reject(error);
    }
  }
}

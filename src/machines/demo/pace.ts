import { setImmediate, setTimeout } from 'node:timers/promises';

/** Between two looks at the clock; at 120 MB/s about nine milliseconds. */
const stepBytes = 1 << 20;
/** Without a limit: how long the thread's other work may wait, about a millisecond or two. */
const breathBytes = 4 << 20;

/** Keeps a reading at a speed, and lets its thread breathe. */
export class Pace {
  readonly #bytesPerSec: number | null;
  readonly #started = performance.now();
  #bytes = 0;
  #rested = 0;

  constructor(bytesPerSec: number | null) {
    this.#bytesPerSec = bytesPerSec;
  }

  /** Counts bytes; true when it is time to `rest`. */
  count(bytes: number): boolean {
    this.#bytes += bytes;
    return this.#bytes - this.#rested >= (this.#bytesPerSec === null ? breathBytes : stepBytes);
  }

  /** Waits until the bytes counted are due. Rejects with the signal's reason. */
  async rest(signal: AbortSignal): Promise<void> {
    this.#rested = this.#bytes;
    const dueMs = this.#bytesPerSec === null ? 0 : (this.#bytes / this.#bytesPerSec) * 1000;
    const waitMs = dueMs - (performance.now() - this.#started);
    if (waitMs >= 1) await setTimeout(waitMs, undefined, { signal }).catch(() => undefined);
    else await setImmediate();
    signal.throwIfAborted();
  }
}

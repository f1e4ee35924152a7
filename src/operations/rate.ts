/** How quickly older movement is forgotten. */
const halfLifeMs = 2_000;

/** Smoothed bytes per second of a growing count: an average in which a moment weighs half as much two seconds later. */
export class Rate {
  #atMs: number | undefined;
  #bytes = 0;
  #perSecond: number | null = null;

  /** Times are of a monotonic clock. */
  update(bytes: number, nowMs: number): void {
    if (this.#atMs === undefined || bytes < this.#bytes) {
      this.#atMs = nowMs;
      this.#bytes = bytes;
      return;
    }
    const elapsedMs = nowMs - this.#atMs;
    if (elapsedMs < 50) return;
    const current = ((bytes - this.#bytes) * 1000) / elapsedMs;
    const keep = 0.5 ** (elapsedMs / halfLifeMs);
    this.#perSecond = this.#perSecond === null ? current : this.#perSecond * keep + current * (1 - keep);
    this.#atMs = nowMs;
    this.#bytes = bytes;
  }

  get bytesPerSecond(): number | null {
    return this.#perSecond;
  }
}

/**
 * Leaves alone for a while what has not answered, so that not everybody who asks waits for it in turn. After the rest, whoever asks
 * next tries again.
 */
export class CircuitBreaker {
  readonly #restMs: number;
  readonly #elapsedMs: () => number;
  #untilMs = Number.NEGATIVE_INFINITY;

  /** By a clock that nobody sets. */
  constructor(restMs: number, elapsedMs: () => number = () => performance.now()) {
    this.#restMs = restMs;
    this.#elapsedMs = elapsedMs;
  }

  /** Whether it is to be left alone now. */
  get isOpen(): boolean {
    return this.#elapsedMs() < this.#untilMs;
  }

  /** It did not answer. */
  trip(): void {
    this.#untilMs = this.#elapsedMs() + this.#restMs;
  }
}

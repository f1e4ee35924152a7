interface Wait {
  readonly untilMs: number;
  give(): void;
}

/**
 * Gives up on work that takes too long. What the work itself waits for goes on; its caller does not. One slow clock
 * looks after all of them, because a timer for each costs every fast answer more than the answer's own routing.
 */
export class SharedDeadline {
  readonly #waits = new Set<Wait>();
  readonly #ms: number;
  readonly #late: () => Error;
  #clock: NodeJS.Timeout | undefined;

  /** `late` makes the reason for each. */
  constructor(ms: number, late: () => Error) {
    this.#ms = ms;
    this.#late = late;
  }

  within<T>(work: T | Promise<T>): T | Promise<T> {
    if (!(work instanceof Promise)) return work;
    return new Promise((resolve, reject) => {
      const wait = { untilMs: performance.now() + this.#ms, give: () => reject(this.#late()) };
      this.#waits.add(wait);
      this.#clock ??= setInterval(() => this.#look(), Math.min(1000, this.#ms / 2)).unref();
      work.then(resolve, reject).finally(() => this.#waits.delete(wait));
    });
  }

  #look(): void {
    const nowMs = performance.now();
    // In the order in which they began: the first that may still wait ends the look.
    for (const wait of this.#waits) {
      if (wait.untilMs > nowMs) break;
      this.#waits.delete(wait);
      wait.give();
    }
    if (this.#waits.size > 0) return;
    clearInterval(this.#clock);
    this.#clock = undefined;
  }
}

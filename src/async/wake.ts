/**
 * One sleeper at most, and a knock that is never lost: a knock without a sleeper is kept for the next one. Nothing is queued in
 * it, and nothing stays referenced when it is closed.
 */
export class Wake {
  #knocked = false;
  #sleeper: (() => void) | undefined;

  knock(): void {
    const sleeper = this.#sleeper;
    this.#sleeper = undefined;
    if (sleeper === undefined) this.#knocked = true;
    else sleeper();
  }

  /** Until a knock, or for so long where it is said. */
  wait(ms?: number): Promise<void> {
    if (this.#knocked) {
      this.#knocked = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      if (ms === undefined) {
        this.#sleeper = resolve;
        return;
      }
      const sleeper = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        if (this.#sleeper === sleeper) this.#sleeper = undefined;
        resolve();
      }, ms);
      this.#sleeper = sleeper;
    });
  }
}

/**
 * One sleeper at most, and a knock that is never lost: a knock without a sleeper is kept for the next one. Nothing is queued in it, and nothing stays referenced when it is closed.
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

  wait(): Promise<void> {
    if (this.#knocked) {
      this.#knocked = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#sleeper = resolve;
    });
  }
}

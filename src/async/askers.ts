/**
 * Those who wait for one piece of work. When all of them have left, its signal is aborted: what nobody waits for need not go
 * on. The signal is made when it is asked for, since most work is too short to be given up.
 */
export class Askers {
  #waiting = 0;
  #controller: AbortController | undefined;
  #left = false;

  /** Somebody waits too; `onLeave` is given what to call, once, when they do no more. */
  add(onLeave: (leave: () => void) => void): void {
    this.#waiting++;
    onLeave(() => {
      if (--this.#waiting > 0) return;
      this.#left = true;
      this.#controller?.abort();
    });
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#left) this.#controller.abort();
    }
    return this.#controller.signal;
  }
}

/** Leaving as a signal says it; whoever has none stays to the end. */
export const leavesWith =
  (signal: AbortSignal | undefined) =>
  (leave: () => void): void => {
    if (signal?.aborted) leave();
    else signal?.addEventListener('abort', leave, { once: true });
  };

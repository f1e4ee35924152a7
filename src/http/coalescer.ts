interface Turn<T> {
  /** Work under way; nobody joins it, since it may have read what was true before they asked. */
  running: Promise<T>;
  /** The next, which everybody joins who asks until it begins. */
  next: Promise<T> | undefined;
}

/**
 * Does the same work once for all who ask for it at the same time. Whoever joins has asked before the work began, so
 * everybody's answer is at least as new as the question: a client that changed something and asks then sees the change.
 * Under load this also bounds how often the same thing is done at once: once, with one more in line.
 */
export class Coalescer<T> {
  readonly #turns = new Map<string, Turn<T>>();

  /** The turn that may still be joined, if there is one. */
  join(key: string): Promise<T> | undefined {
    return this.#turns.get(key)?.next;
  }

  run(key: string, work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.get(key);
    if (turn === undefined) return this.#start(key, work);
    turn.next ??= turn.running.then(
      () => this.#start(key, work),
      () => this.#start(key, work),
    );
    return turn.next;
  }

  #start(key: string, work: () => Promise<T>): Promise<T> {
    const turn: Turn<T> = { running: work(), next: undefined };
    this.#turns.set(key, turn);
    const end = () => {
      if (turn.next === undefined) this.#turns.delete(key);
    };
    turn.running.then(end, end);
    return turn.running;
  }
}

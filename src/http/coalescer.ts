import { Askers } from '../async/askers.ts';

/** Work of a turn, and who waits for it. */
interface Shared<T> {
  readonly result: Promise<T>;
  readonly askers: Askers;
}

interface Turn<T> {
  /** Work under way; nobody joins it, since it may have read what was true before they asked. */
  readonly running: Promise<T>;
  /** The next, which everybody joins who asks until it begins. */
  next: Shared<T> | undefined;
}

/** Says when who asks has gone. */
export type OnLeave = (leave: () => void) => void;
const staying: OnLeave = () => undefined;

/**
 * Does the same work once for all who ask for it at the same time. Whoever joins has asked before the work began, so
 * everybody's answer is at least as new as the question: a client that changed something and asks then sees the change.
 * Under load this also bounds how often the same thing is done at once: once, with one more in line. The work is told when
 * all who asked for it have gone.
 */
export class Coalescer<T> {
  readonly #turns = new Map<string, Turn<T>>();

  /** The turn that may still be joined, if there is one. */
  join(key: string, onLeave = staying): Promise<T> | undefined {
    const next = this.#turns.get(key)?.next;
    next?.askers.add(onLeave);
    return next?.result;
  }

  run(key: string, work: (askers: Askers) => Promise<T>, onLeave = staying): Promise<T> {
    const turn = this.#turns.get(key);
    const joined = this.join(key, onLeave);
    if (joined !== undefined) return joined;
    const askers = new Askers();
    askers.add(onLeave);
    if (turn === undefined) return this.#start(key, work, askers);
    const start = () => this.#start(key, work, askers);
    turn.next = { result: turn.running.then(start, start), askers };
    return turn.next.result;
  }

  #start(key: string, work: (askers: Askers) => Promise<T>, askers: Askers): Promise<T> {
    const turn: Turn<T> = { running: work(askers), next: undefined };
    this.#turns.set(key, turn);
    const end = () => {
      if (turn.next === undefined) this.#turns.delete(key);
    };
    turn.running.then(end, end);
    return turn.running;
  }
}

import { MemoirError } from '../domain/memoir-error.ts';

/**
 * Long connections (sockets and event streams) by who holds them: one bearer of a token cannot take the places of all others.
 */
export class Seats {
  readonly #taken = new Map<string, number>();
  readonly #perActor: number;

  constructor(perActor: number) {
    this.#perActor = perActor;
  }

  get count(): number {
    return [...this.#taken.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Answers the function that gives the place back; LIMIT_EXCEEDED if the actor has too many. */
  take(actor: string): () => void {
    const taken = this.#taken.get(actor) ?? 0;
    if (taken >= this.#perActor) {
      throw new MemoirError('LIMIT_EXCEEDED', `${actor} has ${taken} connections open already`, {
        hint: 'Close some, or let several subscriptions share one.',
      });
    }
    this.#taken.set(actor, taken + 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      const left = (this.#taken.get(actor) ?? 1) - 1;
      if (left === 0) this.#taken.delete(actor);
      else this.#taken.set(actor, left);
    };
  }
}

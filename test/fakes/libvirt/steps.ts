/** Somebody who waits at a step: `reached` when the fake has come there, and it goes on at `release`. */
export interface HeldStep {
  readonly reached: Promise<void>;
  release(): void;
}

type Order = () => Promise<void> | void;

/** The places on a fake's way at which it can be told to fail, to wait, or to have something done first. */
export class Steps {
  readonly #orders = new Map<string, Order[]>();
  /** How often each was passed. */
  readonly passed = new Map<string, number>();

  /** Carried out instead of passing: at the next time, or after so many more. */
  at(step: string, order: Order, skip = 0): void {
    const orders = this.#orders.get(step) ?? [];
    for (let count = 0; count < skip; count++) orders.push(() => undefined);
    this.#orders.set(step, [...orders, order]);
  }

  fail(step: string, error: Error, skip = 0): void {
    this.at(step, () => Promise.reject(error), skip);
  }

  hold(step: string, skip = 0): HeldStep {
    const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    this.at(
      step,
      () => {
        reached.resolve();
        return released.promise;
      },
      skip,
    );
    return { reached: reached.promise, release: () => released.resolve() };
  }

  async pass(step: string): Promise<void> {
    this.passed.set(step, (this.passed.get(step) ?? 0) + 1);
    await this.#orders.get(step)?.shift()?.();
  }
}

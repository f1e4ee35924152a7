import type { Connection } from './connection.ts';
import type { EventName } from './protocol/events.ts';
import type { SubscribeOptions, Subscription } from './subscriptions.ts';

/** A subscription that outlives its connections: it is registered on each in turn, and closed at the last. */
export class StandingSubscription implements Subscription {
  readonly #name: EventName;
  readonly #listener: (event: unknown) => void;
  readonly #options: SubscribeOptions;
  readonly #forget: () => void;
  #connection: Connection | undefined;
  #current: Subscription | undefined;
  #closed = false;

  constructor(name: EventName, listener: (event: unknown) => void, options: SubscribeOptions, forget: () => void) {
    this.#name = name;
    this.#listener = listener;
    this.#options = options;
    this.#forget = forget;
  }

  /** Whether it is registered on that connection, or need not be. */
  on(connection: Connection): boolean {
    return this.#closed || this.#connection === connection;
  }

  /** Registers it on that connection; `signal` ends the wait for it. */
  async join(connection: Connection, signal?: AbortSignal): Promise<void> {
    const before = this.#current;
    this.#connection = connection;
    const current = await connection.subscribe(this.#name, this.#listener, { ...this.#options, signal });
    if (this.#closed) await current.close();
    else if (this.#connection === connection) {
      this.#current = current;
      // A connection that was replaced is still open: from here on this one alone tells. Nobody waits for the goodbye.
      void before?.close();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#forget();
    await this.#current?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

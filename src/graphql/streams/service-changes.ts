import { setTimeout as sleep } from 'node:timers/promises';
import { PullStream } from '../../async/pull-stream.ts';
import type { Services } from '../services.ts';

/** Says that the server's state may have changed; carries nothing, since what is shown is asked for when it is shown. */
export type ServiceChange = Readonly<Record<string, never>>;

/** Shortest time between two of them: counts change with every transition, and nobody reads faster. */
const paceMs = 1000;
/** How often the outbox is looked at: nobody tells of its changes. */
const outboxMs = 1000;

/**
 * Changes of the server's state: of the hypervisor's and the outbox's, and the events of operations. There is one watch for all subscribers,
 * which begins with the first and ends with the last; each of them has one slot, and the same object for the same change.
 */
export class ServiceChanges {
  readonly #services: Pick<Services, 'hypervisor' | 'operations' | 'influx' | 'info'>;
  readonly #readers = new Map<PullStream<ServiceChange>, { unread: ServiceChange | undefined }>();
  #stop: (() => void) | undefined;
  /** Why the changes cannot be told any more. */
  #failure: unknown;
  /** The newest change: whoever begins to watch begins with it. */
  #newest: ServiceChange = {};

  constructor(services: Pick<Services, 'hypervisor' | 'operations' | 'influx' | 'info'>) {
    this.#services = services;
  }

  /** Starts with an item: how things are now. */
  watch(): AsyncIterableIterator<ServiceChange> {
    if (this.#stop === undefined) {
      this.#newest = {};
      this.#failure = undefined;
      this.#stop = this.#start();
    }
    const slot: { unread: ServiceChange | undefined } = { unread: this.#newest };
    const stream = new PullStream<ServiceChange>(
      async () => {
        if (this.#failure !== undefined) throw this.#failure;
        const value = slot.unread;
        slot.unread = undefined;
        return value === undefined ? undefined : { value };
      },
      () => {
        this.#readers.delete(stream);
        if (this.#readers.size === 0) this.#stop?.();
      },
    );
    this.#readers.set(stream, slot);
    return stream;
  }

  #tell(): void {
    this.#newest = {};
    for (const [stream, slot] of this.#readers) {
      slot.unread = this.#newest;
      stream.knock();
    }
  }

  #start(): () => void {
    const ended = new AbortController();
    const { signal } = ended;
    let isTelling = false;
    const tell = () => {
      // Whatever happens until the time has come is told together.
      if (isTelling) return;
      isTelling = true;
      sleep(paceMs, undefined, { signal }).then(
        () => {
          isTelling = false;
          this.#tell();
        },
        () => undefined,
      );
    };
    const unwatch = this.#services.hypervisor.watch({ status: tell });
    void this.#follow(tell, signal);
    void this.#watchOutbox(tell, signal);
    return () => {
      this.#stop = undefined;
      ended.abort();
      unwatch();
    };
  }

  async #follow(tell: () => void, signal: AbortSignal): Promise<void> {
    const { operations } = this.#services;
    try {
      const events = operations.watchEvents((await operations.bounds()).last);
      signal.addEventListener('abort', () => void events.return?.());
      if (signal.aborted) await events.return?.();
      for await (const _ of events) tell();
      // Not stopped by us: the engine has closed, and there is nothing more to tell.
      if (!signal.aborted) for (const stream of this.#readers.keys()) stream.end();
    } catch (error) {
      // Readers are told that this is no end; who asks again afterwards starts afresh.
      this.#failure = error;
      for (const stream of this.#readers.keys()) stream.knock();
    }
  }

  async #watchOutbox(tell: () => void, signal: AbortSignal): Promise<void> {
    const { influx, info } = this.#services;
    let last: string | undefined;
    while (influx !== null && !signal.aborted) {
      const status = await influx.outbox.status().catch(() => null);
      // When the next attempt is due is no news by itself.
      const now = JSON.stringify({ ...status, nextAttemptAtMs: null, lacks: info.isInfluxLacking() });
      if (last !== undefined && now !== last) tell();
      last = now;
      await sleep(outboxMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}

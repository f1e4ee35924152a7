import { setTimeout as sleep } from 'node:timers/promises';
import { PullStream } from '../../operations/pull-stream.ts';
import type { Services } from '../context.ts';

/** Says that the server's state may have changed; carries nothing, since what is shown is asked for when it is shown. */
export type ServiceChange = Readonly<Record<string, never>>;

/** Shortest time between two of them: counts change with every transition, and nobody reads faster. */
const paceMs = 1000;

/**
 * Changes of the server's state: of the hypervisor's, and the events of operations. There is one watch for all subscribers,
 * which begins with the first and ends with the last; each of them has one slot, and the same object for the same change.
 */
export class ServiceChanges {
  readonly #services: Pick<Services, 'hypervisor' | 'operations'>;
  readonly #readers = new Map<PullStream<ServiceChange>, { unread: ServiceChange | undefined }>();
  #stop: (() => void) | undefined;
  /** The newest change: whoever begins to watch begins with it. */
  #newest: ServiceChange = {};

  constructor(services: Pick<Services, 'hypervisor' | 'operations'>) {
    this.#services = services;
  }

  /** Starts with an item: how things are now. */
  watch(): AsyncIterableIterator<ServiceChange> {
    if (this.#stop === undefined) {
      this.#newest = {};
      this.#stop = this.#start();
    }
    const slot: { unread: ServiceChange | undefined } = { unread: this.#newest };
    const stream = new PullStream<ServiceChange>(
      async () => {
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
    this.#follow(tell, signal).catch(() => undefined);
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
    } finally {
      // Not stopped by us: the engine has closed, or its journal fails. Either way there is nothing more to tell.
      if (!signal.aborted) for (const stream of this.#readers.keys()) stream.end();
    }
  }
}

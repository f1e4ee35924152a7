import { untilAborted } from '../async/until-aborted.ts';
import type { EventHub } from './event-hub.ts';
import { type EventName, type EventOf, type EventSpec, events } from './protocol/events.ts';
import type { DomainRef } from './protocol/handles.ts';
import { type RequestOptions, requestOf } from './requests.ts';
import { aborted, type CallRequest } from './rpc/pending-call.ts';
import type { Session } from './rpc/session.ts';

export interface SubscribeOptions {
  /** The one domain whose events are wanted; all by default. */
  readonly domain?: DomainRef | undefined;
  /** For qemuMonitor: the one event of QEMU that is wanted; all by default. */
  readonly monitorEvent?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** A listener that the daemon serves. */
export interface Subscription extends AsyncDisposable {
  /** Stops it: nothing is delivered from here on. Resolves when the daemon knows. Idempotent, and never rejects. */
  close(): Promise<void>;
}

type Listener = (event: unknown) => void;

/** One registration at the daemon, and all who listen to it. */
interface Registered {
  readonly spec: EventSpec;
  readonly listeners: Set<{ readonly listener: Listener }>;
  readonly ready: Promise<number | undefined>;
  closing: Promise<void> | undefined;
}

/**
 * The subscriptions of one connection. The daemon refuses to register the same event for the same domain twice ("event
 * callback already tracked"), so those who want the same share one registration, from the first to the last of them.
 */
export class Subscriptions {
  readonly #session: Session;
  readonly #hub: EventHub;
  readonly #onListenerError: (error: unknown) => void;
  readonly #registered = new Map<string, Registered>();

  constructor(session: Session, hub: EventHub, onListenerError: (error: unknown) => void) {
    this.#session = session;
    this.#hub = hub;
    this.#onListenerError = onListenerError;
  }

  /** See Connection.subscribe. */
  async subscribe<N extends EventName>(
    name: N,
    listener: (event: EventOf<N>) => void,
    options: SubscribeOptions & RequestOptions,
  ): Promise<Subscription> {
    const key = JSON.stringify([name, options.domain?.uuid, options.monitorEvent]);
    let registered = this.#registered.get(key);
    while (registered?.closing !== undefined) {
      await registered.closing;
      registered = this.#registered.get(key);
    }
    registered ??= this.#register(key, events[name], { ...options, signal: undefined });
    const mine = { listener: listener as Listener };
    registered.listeners.add(mine);
    const leave = (): Promise<void> => this.#leave(key, registered, mine);
    try {
      await untilAborted(registered.ready, options.signal, () => aborted(name, options.signal));
    } catch (error) {
      void leave();
      throw error;
    }
    return { close: leave, [Symbol.asyncDispose]: leave };
  }

  #register(key: string, spec: EventSpec, options: SubscribeOptions & RequestOptions): Registered {
    const listeners: Registered['listeners'] = new Set();
    const request = registration(spec, options);
    const ready = this.#session.call({
      ...request,
      accept: (frame) => {
        const id = request.accept(frame);
        this.#hub.add(spec, id, (event) => this.#deliver(listeners, event));
        return id;
      },
      // Registered after all, though it was given up.
      late: (frame) => {
        const id = request.accept(frame);
        this.#hub.retire(spec, id);
        void deregister(this.#session, spec, id);
      },
      over: this.#hub.expect(),
    });
    const registered: Registered = { spec, listeners, ready, closing: undefined };
    this.#registered.set(key, registered);
    return registered;
  }

  #deliver(listeners: Registered['listeners'], event: unknown): void {
    for (const { listener } of [...listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }

  /** One listener goes; with the last of them goes the registration. */
  #leave(key: string, registered: Registered, mine: { readonly listener: Listener }): Promise<void> {
    registered.listeners.delete(mine);
    if (registered.listeners.size === 0 && registered.closing === undefined)
      registered.closing = this.#close(registered).finally(() => this.#registered.delete(key));
    return registered.closing ?? Promise.resolve();
  }

  async #close({ spec, ready }: Registered): Promise<void> {
    let id: number | undefined;
    try {
      id = await ready;
    } catch {
      // It never was registered, or `late` sees to it.
      return;
    }
    this.#hub.retire(spec, id);
    await deregister(this.#session, spec, id);
  }
}

function registration(spec: EventSpec, options: SubscribeOptions & RequestOptions): CallRequest<number | undefined> {
  const { domain = null, monitorEvent = null } = options;
  switch (spec.registration.kind) {
    case 'domain':
      return requestOf('connectDomainEventCallbackRegisterAny', { event: spec.registration.event, domain }, options);
    case 'monitor':
      return requestOf('connectDomainQemuMonitorEventRegister', { domain, event: monitorEvent, flags: 0 }, options);
    case 'connection':
      return requestOf('connectRegisterCloseCallback', {}, options);
    default:
      return spec.registration satisfies never;
  }
}

/** How long the daemon may take to forget a registration. */
const deregisterTimeoutMs = 10_000;

/** Best effort: where the connection is gone, so is the registration. */
async function deregister(session: Session, spec: EventSpec, callbackId = 0): Promise<void> {
  const options = { timeoutMs: deregisterTimeoutMs };
  const requests = {
    domain: () => requestOf('connectDomainEventCallbackDeregisterAny', { callbackId }, options),
    monitor: () => requestOf('connectDomainQemuMonitorEventDeregister', { callbackId }, options),
    connection: () => requestOf('connectUnregisterCloseCallback', {}, options),
  };
  await session.call(requests[spec.registration.kind]()).catch(() => undefined);
}

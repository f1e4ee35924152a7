// Long: the whole life of a link, from dialling to the connections that it has left behind.
import { type BackOffOptions, backOffMs } from '../async/back-off.ts';
import { pause } from '../async/pause.ts';
import { untilAborted } from '../async/until-aborted.ts';
import { connect } from './connect.ts';
import type { CallOptions, Connection } from './connection.ts';
import { type ConnectOptions, knownOptions } from './connection-options.ts';
import { asLibvirtError, LibvirtError } from './error.ts';
import type { LinkState } from './link-state.ts';
import type { MonitorCommand } from './monitor.ts';
import type { EventName, EventOf } from './protocol/events.ts';
import type { DomainRef } from './protocol/handles.ts';
import type { ArgsOf, ProcedureName, ReplyOf } from './protocol/procedures.ts';
import { aborted } from './rpc/pending-call.ts';
import { StandingSubscription } from './standing-subscription.ts';
import type { SubscribeOptions, Subscription } from './subscriptions.ts';

export interface ReconnectOptions extends ConnectOptions, BackOffOptions {
  /**
   * So many lost calls on a connection (given up here, unanswered there) have another one opened for what comes. Default 2:
   * half of the places, so that the other half serves meanwhile.
   */
  readonly maxLost?: number;
  /** A connection that lived so long counts as a success: the next pause is the shortest again. Default 10 s. */
  readonly stableMs?: number;
}

/**
 * A connection that comes back: when the daemon goes (or is not there yet), it is dialled again with growing pauses until
 * `close()`, and its subscriptions are registered anew before it counts as up. It starts at once.
 *
 * It repeats nothing by itself: a call that was under way fails with CONNECTION_LOST, one made meanwhile with
 * NOT_CONNECTED. A daemon that leaves calls unanswered (a guest's QEMU hangs) keeps their places on the connection: before
 * they are used up, another connection takes over, and the old one stays open for what is under way on it. `unanswered` says
 * how many such calls there are. Events that happen while it is down are not delivered later: whoever follows them asks for the state
 * of things each time that it is up.
 */
export class ReconnectingConnection implements AsyncDisposable {
  readonly uri: string;
  readonly #options: ReconnectOptions;
  readonly #onListenerError: (error: unknown) => void;
  readonly #closing = new AbortController();
  readonly #subscriptions = new Set<StandingSubscription>();
  readonly #stateListeners = new Set<{ readonly listener: (state: LinkState) => void }>();
  readonly #unansweredListeners = new Set<(count: number) => void>();
  /** Connections that were replaced, oldest first, for as long as the daemon owes an answer on them. */
  readonly #retired = new Set<Connection>();
  readonly #running: Promise<void>;
  #state: LinkState = { kind: 'connecting', attempt: 1 };
  #retry = new AbortController();

  constructor(uri: string, options: ReconnectOptions = {}) {
    this.uri = uri;
    this.#options = options;
    this.#onListenerError = knownOptions(options).onListenerError;
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#running = this.#run();
    if (options.signal?.aborted) this.#onAbort();
  }

  get state(): LinkState {
    return this.#state;
  }

  /** The open connection; throws NOT_CONNECTED, with the reason as its cause, while there is none. */
  get connection(): Connection {
    if (this.#state.kind === 'up') return this.#state.connection;
    if (this.#state.kind === 'closed') throw new LibvirtError('CLOSED', 'the connection was closed');
    const reason = this.#state.kind === 'down' ? this.#state.reason : undefined;
    throw new LibvirtError('NOT_CONNECTED', `libvirt is away: ${reason?.message ?? 'connecting'}`, {
      cause: reason,
      mend: reason?.mend,
    });
  }

  /** Tells of every change of state from now on, until the returned function is called. */
  onState(listener: (state: LinkState) => void): () => void {
    const mine = { listener };
    this.#stateListeners.add(mine);
    return () => void this.#stateListeners.delete(mine);
  }

  /** Calls that nobody waits for any more and that the daemon has not answered. */
  get unanswered(): number {
    const current = this.#state.kind === 'up' ? this.#state.connection.lost : 0;
    return [...this.#retired].reduce((sum, connection) => sum + connection.lost, current);
  }

  /** Tells of every change of `unanswered` from now on, until the returned function is called. */
  onUnanswered(listener: (count: number) => void): () => void {
    this.#unansweredListeners.add(listener);
    return () => void this.#unansweredListeners.delete(listener);
  }

  /** The connection, as soon as it is up. Rejects at the signal, and when this is closed. */
  async ready(options: { readonly signal?: AbortSignal } = {}): Promise<Connection> {
    const { signal } = options;
    if (signal?.aborted) throw aborted('waiting for libvirt', signal);
    if (this.#state.kind === 'up' || this.#state.kind === 'closed') return this.connection;
    const { promise, resolve, reject } = Promise.withResolvers<Connection>();
    const stop = this.onState((state) => {
      if (state.kind === 'up') resolve(state.connection);
      if (state.kind === 'closed') reject(new LibvirtError('CLOSED', 'the connection was closed'));
    });
    return untilAborted(promise, signal, () => aborted('waiting for libvirt', signal)).finally(stop);
  }

  /** Connection.call on the open connection. */
  async call<N extends ProcedureName>(name: N, args: ArgsOf<N>, options?: CallOptions): Promise<ReplyOf<N>> {
    return this.#onCurrent((connection) => connection.call(name, args, options));
  }

  /** Connection.qemuMonitorCommand on the open connection. */
  async qemuMonitorCommand(domain: DomainRef, command: MonitorCommand, options?: CallOptions): Promise<unknown> {
    return this.#onCurrent((connection) => connection.qemuMonitorCommand(domain, command, options));
  }

  /** What a replaced connection had not sent yet goes to the one that took over. */
  async #onCurrent<T>(ask: (connection: Connection) => Promise<T>): Promise<T> {
    for (;;)
      try {
        return await ask(this.connection);
      } catch (error) {
        if (!(error instanceof LibvirtError) || error.code !== 'NOT_SENT') throw error;
      }
  }

  /**
   * Connection.subscribe, for this and every later connection. While there is none it resolves at once and takes effect
   * with the next; an open one that refuses the event rejects it.
   */
  async subscribe<N extends EventName>(
    name: N,
    listener: (event: EventOf<N>) => void,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    if (this.#state.kind === 'closed') throw new LibvirtError('CLOSED', 'the connection was closed');
    const { signal, ...lasting } = options;
    if (signal?.aborted) throw aborted(name, signal);
    const subscription = new StandingSubscription(name, listener as (event: unknown) => void, lasting, () =>
      this.#subscriptions.delete(subscription),
    );
    this.#subscriptions.add(subscription);
    if (this.#state.kind !== 'up') return subscription;
    try {
      await subscription.join(this.#state.connection, signal);
    } catch (error) {
      // Lost meanwhile: the next connection will have it.
      if (!(error instanceof LibvirtError) || error.code !== 'CONNECTION_LOST') {
        await subscription.close();
        throw error;
      }
    }
    return subscription;
  }

  /** Dials at once where a pause is running. */
  retry(): void {
    this.#retry.abort();
  }

  /** Ends it for good: closes the open connection and dials no more. Idempotent. */
  async close(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#closing.abort();
    if (this.#state.kind === 'up') await this.#state.connection.close();
    for (const connection of this.#retired) connection.end(undefined);
    await this.#running;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #onAbort = (): void => void this.close();

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      this.#become({ kind: 'connecting', attempt: failures + 1 });
      const { reason, stable } = await this.#live();
      if (signal.aborted) break;
      failures = stable ? 1 : failures + 1;
      const retryInMs = backOffMs(failures, this.#options);
      this.#become({ kind: 'down', reason, mend: reason.mend, attempt: failures, retryInMs });
      this.#retry = new AbortController();
      await pause(retryInMs, signal, this.#retry.signal);
    }
    this.#become({ kind: 'closed' });
    this.#subscriptions.clear();
    this.#stateListeners.clear();
  }

  /** One connection from its first byte to its last; resolves with why it ended. */
  async #live(): Promise<{ readonly reason: LibvirtError; readonly stable: boolean }> {
    let connection: Connection | undefined;
    try {
      connection = await this.#open();
      const upSince = performance.now();
      this.#become({ kind: 'up', connection, tookOver: false });
      let reason: LibvirtError | undefined | typeof crowded = crowded;
      while (reason === crowded) {
        reason = await Promise.race([connection.closed, this.#whenCrowded(connection)]);
        if (reason === crowded) connection = await this.#replace(connection);
      }
      return {
        reason: reason ?? new LibvirtError('CLOSED', 'the connection was closed by this program'),
        stable: performance.now() - upSince >= (this.#options.stableMs ?? 10_000),
      };
    } catch (error) {
      await connection?.close();
      return { reason: asLibvirtError(error, 'CONNECTION_LOST'), stable: false };
    }
  }

  async #open(): Promise<Connection> {
    const connection = await connect(this.uri, { ...this.#options, signal: this.#closing.signal });
    try {
      await this.#restore(connection);
      this.#closing.signal.throwIfAborted();
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** Resolves when the connection has lost so many calls that another is due; tells of every change meanwhile. */
  #whenCrowded(connection: Connection): Promise<typeof crowded> {
    const { promise, resolve } = Promise.withResolvers<typeof crowded>();
    const { maxLost = 2 } = this.#options;
    connection.onLost = () => {
      if (connection.lost >= maxLost) resolve(crowded);
      this.#tellUnanswered();
    };
    connection.onLost();
    return promise;
  }

  /** The connection that takes over. The old one goes on if there is none to be had, and takes no new calls if there is. */
  async #replace(old: Connection): Promise<Connection> {
    let next: Connection;
    try {
      next = await this.#open();
    } catch {
      await pause(backOffMs(3, this.#options), this.#closing.signal);
      return old;
    }
    this.#retired.add(old);
    void old.closed.then(() => {
      this.#retired.delete(old);
      this.#tellUnanswered();
    });
    for (const oldest of this.#retired) {
      if (this.#retired.size <= maxRetired) break;
      oldest.end(new LibvirtError('CONNECTION_LOST', 'the daemon left too many calls unanswered'));
      this.#retired.delete(oldest);
    }
    old.onLost = () => this.#tellUnanswered();
    // In this order: calls that the old one hands over find the new one.
    this.#become({ kind: 'up', connection: next, tookOver: true });
    old.retire();
    return next;
  }

  #tellUnanswered(): void {
    for (const listener of [...this.#unansweredListeners]) {
      try {
        listener(this.unanswered);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }

  /** Registers whatever is not registered on this connection, until nothing is left that came meanwhile. */
  async #restore(connection: Connection): Promise<void> {
    await watchHypervisor(connection);
    for (;;) {
      const missing = [...this.#subscriptions].filter((subscription) => !subscription.on(connection));
      if (missing.length === 0) return;
      await Promise.all(missing.map((subscription) => subscription.join(connection)));
    }
  }

  #become(state: LinkState): void {
    this.#state = state;
    for (const { listener } of [...this.#stateListeners]) {
      try {
        listener(state);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }
}

/** Calls were lost: a reason to change connections, not the end of one. */
const crowded = Symbol('crowded');
/** Replaced connections that are kept for answers that may still come: each takes a place at the daemon. */
const maxRetired = 8;

/** A daemon that lost its hypervisor keeps the connection and serves it no more: to us that is its end. */
async function watchHypervisor(connection: Connection): Promise<void> {
  try {
    await connection.subscribe('connectionClosed', ({ reason }) =>
      connection.end(new LibvirtError('CONNECTION_LOST', `the daemon lost its hypervisor (reason ${reason})`)),
    );
  } catch (error) {
    // A driver that cannot tell does not lose it either.
    if (!(error instanceof LibvirtError) || error.number === undefined) throw error;
  }
}

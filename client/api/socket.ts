import { type Client, createClient } from 'graphql-ws';
import type { Connection } from '../state/connection.ts';
import type { Store } from '../state/store.ts';
import { authorization } from './token.ts';

const pingMs = 10_000;
const pongMs = 5_000;
const longestWaitMs = 10_000;

/** Close codes that another attempt with the same token would only repeat (graphql-ws PROTOCOL.md). */
const refusals: Record<number, string> = { 4401: 'This server requires a token.', 4403: 'The token was rejected.' };

/** Milliseconds before the nth attempt, growing, with up to a third of chance so that a hundred dashboards do not come at once. */
export function waitBefore(attempt: number, random: () => number = Math.random): number {
  return Math.round(Math.min(longestWaitMs, 250 * 2 ** attempt) * (2 / 3 + random() / 3));
}

export interface Payload {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
}

export interface Refusal {
  readonly message: string;
  readonly extensions?: Record<string, unknown> | undefined;
}

export interface Result {
  readonly data?: Record<string, unknown> | null | undefined;
  readonly errors?: readonly Refusal[] | undefined;
}

export interface Sink {
  next(result: Result): void;
  /** The server refused the document, or ended the stream with errors: GraphQL errors. A lost line is not an error. */
  error(errors: readonly Refusal[]): void;
  complete(): void;
}

export interface Socket {
  /** Stays subscribed over every loss of the line; variables are read again each time. The returned function ends it. */
  subscribe(payload: Payload, sink: Sink): () => void;
  /** Tries at once instead of waiting on. */
  retryNow(): void;
}

/**
 * One WebSocket for the whole page, opened at once and kept open: it notices a dead line by itself (a ping without a pong),
 * tries again for ever, and keeps `connection` true. graphql-ws gives up after some close codes (a limit, an inner error of
 * the server): then a new client takes its place and every subscription with it.
 */
export function createSocket(url: string, connection: Store<Connection>): Socket {
  interface Subscription {
    readonly payload: Payload;
    readonly sink: Sink;
    dispose: () => void;
  }
  const subscriptions = new Set<Subscription>();
  let lostAt: number | null = null;
  let attempts = 0;
  let wake: (() => void) | undefined;
  let deadline: ReturnType<typeof setTimeout> | undefined;
  let client = connect();

  window.addEventListener('online', () => wake?.());
  return {
    subscribe(payload, sink) {
      const subscription: Subscription = { payload, sink, dispose: () => {} };
      subscriptions.add(subscription);
      start(subscription);
      return () => {
        subscriptions.delete(subscription);
        subscription.dispose();
      };
    },
    retryNow: () => wake?.(),
  };

  function start(subscription: Subscription): void {
    const { payload, sink } = subscription;
    subscription.dispose = client.subscribe<Record<string, unknown>>(payload, {
      next: (result) => sink.next(result),
      error: (reason) => {
        // What is not a list of GraphQL errors is the line's end; the next client starts this subscription again.
        if (!Array.isArray(reason)) return;
        subscriptions.delete(subscription);
        sink.error(reason);
      },
      complete: () => {
        if (subscriptions.delete(subscription)) sink.complete();
      },
    });
  }

  function lose(retryAt: number | null): void {
    lostAt ??= Date.now();
    connection.set({ state: 'LOST', since: lostAt, attempts, retryAt });
  }

  function pause(): Promise<void> {
    const wait = waitBefore(attempts);
    attempts += 1;
    lose(Date.now() + wait);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, wait);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function replace(): Promise<void> {
    if (connection.get().state === 'REFUSED') return;
    await pause();
    client = connect();
    for (const subscription of subscriptions) start(subscription);
  }

  function connect(): Client {
    const made: Client = createClient({
      url,
      lazy: false,
      keepAlive: pingMs,
      connectionAckWaitTimeout: longestWaitMs,
      retryAttempts: Number.POSITIVE_INFINITY,
      shouldRetry: () => true,
      retryWait: pause,
      connectionParams: authorization,
      onNonLazyError: () => void replace(),
      on: {
        connecting: () => lostAt !== null && lose(null),
        connected: () => {
          lostAt = null;
          attempts = 0;
          connection.set({ state: 'LIVE' });
        },
        closed: (event) => {
          clearTimeout(deadline);
          const reason = refusals[(event as CloseEvent).code];
          if (reason === undefined) lose(null);
          else connection.set({ state: 'REFUSED', reason });
        },
        ping: (received) => {
          if (!received) deadline = setTimeout(() => made.terminate(), pongMs);
        },
        pong: (received) => {
          if (received) clearTimeout(deadline);
        },
      },
    });
    return made;
  }
}

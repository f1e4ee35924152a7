import { type Client, createClient } from 'graphql-ws';
import { connection } from './connection.ts';
import { authorization } from './token.ts';

const pingMs = 10_000;
const pongMs = 5_000;
const longestWaitMs = 10_000;

/** Close codes that another attempt with the same token would only repeat (graphql-ws PROTOCOL.md). */
const refusals: Record<number, string> = { 4401: 'A token is needed.', 4403: 'The token is not accepted.' };

/** Milliseconds before the nth attempt, growing, with up to a third of chance so that a hundred dashboards do not come at once. */
export function waitBefore(attempt: number, random: () => number = Math.random): number {
  const wait = Math.min(longestWaitMs, 250 * 2 ** attempt);
  return Math.round(wait * (2 / 3 + random() / 3));
}

export interface Socket {
  readonly client: Client;
  /** Tries at once instead of waiting on. */
  retryNow(): void;
}

/**
 * One WebSocket for the whole page, opened at once and kept open: it notices a dead line by itself (a ping without a pong),
 * tries again for ever, and keeps `connection` true. Subscriptions are sent again by graphql-ws on every new line.
 */
export function createSocket(url: string): Socket {
  let lostAt: number | null = null;
  let attempts = 0;
  let wake: (() => void) | undefined;
  let deadline: ReturnType<typeof setTimeout> | undefined;

  const client = createClient({
    url,
    lazy: false,
    keepAlive: pingMs,
    connectionAckWaitTimeout: longestWaitMs,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    connectionParams: authorization,
    onNonLazyError: () => {},
    retryWait: () =>
      new Promise((resolve) => {
        const wait = waitBefore(attempts);
        attempts += 1;
        lostAt ??= Date.now();
        connection.set({ state: 'LOST', since: lostAt, attempts, retryAt: Date.now() + wait });
        const timer = setTimeout(resolve, wait);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
    on: {
      connecting: () => {
        if (lostAt !== null) connection.set({ state: 'LOST', since: lostAt, attempts, retryAt: null });
      },
      connected: () => {
        lostAt = null;
        attempts = 0;
        connection.set({ state: 'LIVE' });
      },
      closed: (event) => {
        clearTimeout(deadline);
        const reason = refusals[(event as CloseEvent).code];
        if (reason !== undefined) connection.set({ state: 'REFUSED', reason });
        else {
          lostAt ??= Date.now();
          connection.set({ state: 'LOST', since: lostAt, attempts, retryAt: null });
        }
      },
      ping: (received) => {
        if (!received) deadline = setTimeout(() => client.terminate(), pongMs);
      },
      pong: (received) => {
        if (received) clearTimeout(deadline);
      },
    },
  });
  const retryNow = () => wake?.();
  window.addEventListener('online', retryNow);
  return { client, retryNow };
}

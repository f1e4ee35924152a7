import { setTimeout as sleep } from 'node:timers/promises';
import { type Document, Unreachable } from './client.ts';
import type { Console } from './console.ts';

const firstPauseMs = 500;
const longestPauseMs = 10_000;

/**
 * Follows a subscription to its end, across broken connections and restarts of the server: subscribed again each time with
 * what `variables` says then (a cursor, say). Says so once when the connection breaks, and once when it is there again.
 */
export async function* untilComplete<R, V>(
  { client, tell, signal }: Console,
  document: Document<R, V>,
  variables: () => V,
): AsyncGenerator<R, void, void> {
  let pauseMs = firstPauseMs;
  let broken = false;
  for (;;) {
    try {
      for await (const result of client.follow(document, variables(), signal)) {
        if (broken) tell('connected again\n');
        broken = false;
        pauseMs = firstPauseMs;
        yield result;
      }
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Unreachable)) throw error;
      if (!broken) tell(`${error.message}; trying again\n`);
      broken = true;
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  }
}

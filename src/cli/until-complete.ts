import { backOffMs } from '../async/back-off.ts';
import { pause } from '../async/pause.ts';
import { type Document, Unreachable } from './client.ts';
import type { Console } from './console.ts';

/** The person left (Ctrl-C) before what was waited for had ended. What was started goes on. */
export class Left extends Error {
  override readonly name = 'Left';
}

function left(endless: boolean): void {
  if (!endless) throw new Left('what was started goes on');
}

const backOff = { minDelayMs: 1_000, maxDelayMs: 10_000 };

/**
 * Follows a subscription to its end, across broken connections and restarts of the server: subscribed again each time with
 * what `variables` says then (a cursor, say). Says so once when the connection breaks, and once when it is there again.
 * An `endless` stream has no end of its own: a server that ends it is one that stops. A person who leaves ends that; anything else was left
 * before its end.
 */
export async function* untilComplete<R, V>(
  { client, tell, signal }: Console,
  document: Document<R, V>,
  variables: () => V,
  { endless = false } = {},
): AsyncGenerator<R, void, void> {
  let failures = 0;
  let broken = false;
  for (;;) {
    try {
      for await (const result of client.follow(document, variables(), signal)) {
        if (broken) tell('connected again\n');
        broken = false;
        failures = 0;
        yield result;
      }
      if (signal.aborted) return left(endless);
      if (!endless) return;
      throw new Unreachable('the server ended the stream');
    } catch (error) {
      if (signal.aborted) return left(endless);
      if (!(error instanceof Unreachable)) throw error;
      if (!broken) tell(`${error.message}; trying again\n`);
      broken = true;
      failures += 1;
      await pause(backOffMs(failures, backOff), signal);
      if (signal.aborted) return left(endless);
    }
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { PullStream } from '../../operations/pull-stream.ts';
import type { Services } from '../context.ts';

/** Shortest time between two items: counts change with every transition, and nobody reads faster. */
const paceMs = 1000;

/**
 * Says whenever the server's state may have changed: at the start, then on a change of the hypervisor's state and on the
 * events of operations, at most once in a while. The items carry nothing: what is shown is asked for when it is shown.
 */
export async function watchService({ hypervisor, operations }: Services): Promise<AsyncIterableIterator<true>> {
  const events = operations.watchEvents((await operations.bounds()).last);
  const ended = new AbortController();
  let changed = true;
  let readyAt = 0;

  const stream = new PullStream<true>(
    async () => {
      if (!changed) return undefined;
      const wait = readyAt - performance.now();
      if (wait > 0) await sleep(wait, undefined, { signal: ended.signal }).catch(() => undefined);
      changed = false;
      readyAt = performance.now() + paceMs;
      return { value: true };
    },
    () => {
      ended.abort();
      unwatch();
      void events.return?.();
    },
  );
  const change = () => {
    changed = true;
    stream.knock();
  };
  const unwatch = hypervisor.watch({ status: change });
  void (async () => {
    try {
      for await (const _ of events) change();
    } finally {
      // The engine has closed, or its journal fails: either way there is nothing more to tell.
      stream.end();
    }
  })().catch(() => undefined);
  return stream;
}

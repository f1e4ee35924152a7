import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';

it('a watch that is closed in the middle of a look leaves the event loop alone', async () => {
  const thread = new Worker(new URL('../../fakes/closed-watch.ts', import.meta.url));
  const said = await Promise.race([once(thread, 'message').then(([text]) => text), sleep(20_000, 'nothing')]);
  await thread.terminate();
  expect(said).toBe('goes on');
});

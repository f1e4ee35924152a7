import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { WorldOptions } from './world.ts';

export interface MockServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the mock in a process of its own, as the real server is: nothing is shared with the test but the port. */
export async function startMockServer(options: WorldOptions = {}): Promise<MockServer> {
  const child = fork(new URL('./main.ts', import.meta.url), [JSON.stringify(options)], { execArgv: [] });
  const [port] = await once(child, 'message');
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

import { onTestFinished } from 'vitest';
import { openTestServer, type TestServerOptions } from './open-server.ts';

/** A server that is closed when the test is over. */
export async function startTestServer(options: TestServerOptions = {}) {
  const server = await openTestServer(options);
  onTestFinished(server.close);
  return server;
}

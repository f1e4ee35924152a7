import { parentPort, workerData } from 'node:worker_threads';
import { toErrorShape } from '../domain/memoir-error.ts';
import type { ServiceReply, ServiceRequest, ThreadData } from './service.ts';
import { createServiceHost } from './service-host.ts';

// The thread that holds a connection. It answers in order, one request at a time: SQLite and its disk never keep the
// API's event loop waiting, and a slow query on the reading thread never keeps a transition waiting on the writing one.

const port = parentPort;
if (port === null) throw new Error('database/thread.ts runs as a worker only');

const data: ThreadData = workerData;
const host = createServiceHost(data);

port.on('message', async (request: ServiceRequest) => {
  const reply = await host(request);
  try {
    port.postMessage(reply);
  } catch (error) {
    // A result that cannot be cloned is the service's mistake; its caller learns of it, and the thread lives on.
    port.postMessage({ id: request.id, ok: false, error: toErrorShape(error) } satisfies ServiceReply);
  }
  // The reply is delivered before the port is gone: messages keep their order.
  if (request.type === 'close') setImmediate(() => port.close());
});

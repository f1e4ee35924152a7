import { parentPort, workerData } from 'node:worker_threads';
import { MemoirError, toErrorShape } from '../domain/memoir-error.ts';
import { openConnection, toDatabaseError } from './connection.ts';
import type { OpenService, Service, ServiceReply, ServiceRequest, ThreadData } from './service.ts';

// The thread that holds a connection. It answers in order, one request at a time: SQLite and its disk never keep the
// API's event loop waiting, and a slow query on the reading thread never keeps a transition waiting on the writing one.

const port = parentPort;
if (port === null) throw new Error('database/thread.ts runs as a worker only');

const data = workerData as ThreadData;
const services = new Map<string, Service>();
let connection: ReturnType<typeof openConnection> | undefined;
let turn: Promise<void> = Promise.resolve();

port.on('message', (request: ServiceRequest) => {
  turn = turn.then(() => answer(request));
});

async function answer(request: ServiceRequest): Promise<void> {
  let reply: ServiceReply;
  try {
    reply = { id: request.id, ok: true, value: await perform(request) };
  } catch (error) {
    reply = { id: request.id, ok: false, error: toErrorShape(toDatabaseError(error)) };
  }
  try {
    port?.postMessage(reply);
  } catch (error) {
    // A result that cannot be cloned is the service's mistake; its caller learns of it, and the thread lives on.
    port?.postMessage({ id: request.id, ok: false, error: toErrorShape(error) } satisfies ServiceReply);
  }
}

async function perform(request: ServiceRequest): Promise<unknown> {
  switch (request.type) {
    case 'open': {
      if (services.has(request.service)) throw new MemoirError('INTERNAL', `${request.service} is open on this thread`);
      connection ??= openConnection(data);
      const { openService } = (await import(request.module)) as { openService: OpenService };
      services.set(request.service, await openService(connection, request.options));
      return undefined;
    }
    case 'call': {
      const method = services.get(request.service)?.[request.method];
      if (method === undefined)
        throw new MemoirError('INTERNAL', `no ${request.service}.${request.method} on this thread`);
      return method(...request.args);
    }
    case 'close':
      connection?.close();
      connection = undefined;
      // The reply that follows is delivered before the port is gone: messages keep their order.
      setImmediate(() => port?.close());
      return undefined;
    default:
      return request satisfies never;
  }
}

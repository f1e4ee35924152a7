import { MemoirError, toErrorShape } from '../domain/memoir-error.ts';
import { openConnection, toDatabaseError } from './connection.ts';
import type { OpenService, Service, ServiceReply, ServiceRequest, ThreadData } from './service.ts';

/** Answers requests in their order, one at a time; never rejects. */
export type ServiceHost = (request: ServiceRequest) => Promise<ServiceReply>;

/** Holds one connection, opened with its first service, and the services on it. Which thread it lives on is its maker's choice, and how it opens. */
export function createServiceHost(data: ThreadData, open = openConnection): ServiceHost {
  const services = new Map<string, Service>();
  let connection: ReturnType<typeof openConnection> | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  async function answer(request: ServiceRequest): Promise<ServiceReply> {
    try {
      return { id: request.id, ok: true, value: await perform(request) };
    } catch (error) {
      return { id: request.id, ok: false, error: toErrorShape(toDatabaseError(error)) };
    }
  }

  async function perform(request: ServiceRequest): Promise<unknown> {
    switch (request.type) {
      case 'open': {
        if (services.has(request.service))
          throw new MemoirError('INTERNAL', `${request.service} is open on this thread`);
        connection ??= open(data);
        const { openService }: { openService: OpenService } = await import(request.module);
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
        return undefined;
      default:
        return request satisfies never;
    }
  }

  return (request) => {
    const answered = turn.then(() => answer(request));
    turn = answered;
    return answered;
  };
}

import { createServer } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Closable } from '../domain/closable.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import { portOf } from './port-of.ts';

/** What the old volume daemon answered. */
const path = /^\/(api\/v1(\/|\?|$)|health(\?|$))/;

/**
 * The old volume daemon's address, 127.0.0.1 and a port of its own: its routes and no others, behind the same walls. Its callers have the
 * address in their code.
 */
export function createVolumeDoor(
  app: FastifyInstance,
  port: number,
  maxConnections: number,
): Closable & { listen(): Promise<number> } {
  const server = createServer({ requestTimeout: 30_000 }, (request, response) => {
    if (path.test(request.url ?? '')) return app.routing(request, response);
    response
      .writeHead(404, { 'content-type': 'application/json' })
      .end('{"detail":"this port serves /api/v1 and /health"}');
  });
  server.maxConnections = maxConnections;
  return {
    async listen() {
      await new Promise<void>((resolve, reject) => {
        server.once('error', (cause) =>
          reject(
            new MemoirError('CONFIG_INVALID', `VOLUME_API_PORT=${port} cannot be used: ${cause.message}`, { cause }),
          ),
        );
        server.listen(port, '127.0.0.1', resolve);
      });
      return portOf(server);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

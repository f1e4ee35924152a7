import type { FastifyInstance } from 'fastify';
import type { Access } from '../access/access.ts';
import { bearerToken } from './credentials.ts';
import type { GraphqlServer } from './yoga.ts';

/**
 * `/graphql` over HTTP, with SSE for subscriptions. The framework has read the body by then, under its limit; only JSON has
 * a parser, so that a form, which any web page may send, is 415.
 */
export function serveGraphql(app: FastifyInstance, { yoga }: GraphqlServer, access: Access): void {
  app.route({
    url: '/graphql',
    method: ['GET', 'POST', 'OPTIONS'],
    handler: async (request, reply) => {
      const actor = await access.authenticate(bearerToken(request.headers.authorization));
      reply.hijack();
      await yoga.handleNodeRequestAndResponse(request, reply, { actor });
    },
  });
}

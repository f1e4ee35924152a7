import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { securityHeaders } from './headers.ts';
import { checkHost, type HostRule } from './hosts.ts';
import { checkOrigin, isAllowed, type OriginRule } from './origins.ts';

export type WallRule = HostRule & OriginRule;

/** What every request has to pass before anything is read of it, the WebSocket's upgrade too. FORBIDDEN otherwise. */
export function checkWall(request: IncomingMessage, rule: WallRule): void {
  checkHost(request, rule);
  checkOrigin(request, rule);
}

/** The outer wall of everything that this server answers over HTTP. To be raised before any route. */
export function raiseWall(app: FastifyInstance, rule: WallRule): void {
  app.addHook('onRequest', async (request, reply) => {
    // The headers first: a refusal carries them too.
    reply.headers(securityHeaders);
    checkWall(request.raw, rule);
    // A foreign page that is allowed by name may read answers. Nobody else's origin is ever repeated.
    const { origin } = request.headers;
    if (!isAllowed(origin, rule)) return;
    reply.headers({ 'access-control-allow-origin': origin, vary: 'Origin' });
    if (request.method !== 'OPTIONS') return;
    return reply
      .code(204)
      .headers({
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'authorization, content-type, x-csrf-prevention',
        'access-control-max-age': '600',
      })
      .send();
  });
}

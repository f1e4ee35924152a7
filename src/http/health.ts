import type { FastifyInstance } from 'fastify';
import type { Services } from '../graphql/context.ts';

/** `/health`: the process answers. Says nothing that a stranger could use. */
export function serveHealth(app: FastifyInstance, { info }: Services): void {
  app.get('/health', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
    return { status: 'ok', version: info.version, uptime_sec: Math.floor((Date.now() - info.startedAtMs) / 1000) };
  });
}

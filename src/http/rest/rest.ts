import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Access } from '../../access/access.ts';
import type { Actor } from '../../access/actor.ts';
import type { MaskError } from '../../graphql/errors.ts';
import { bearerToken } from '../credentials.ts';
import { toRefusal } from '../errors.ts';
import { pathPart } from '../path-part.ts';
import type { GraphqlServer } from '../yoga.ts';
import { type Ask, createAsk } from './ask.ts';
import { listLiveVms } from './live-vms.ts';
import { openapi } from './openapi.ts';
import { listRecords } from './records.ts';
import { showStats } from './stats.ts';
import { listDumps, showStatus, showStatusOf } from './status.ts';
import { triggerForDashboard, triggerForService } from './trigger.ts';
import { TriggerMemory } from './trigger-memory.ts';
import { addVolumeRoutes } from './volumes/volume-routes.ts';

type Handle = (actor: Actor, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/**
 * The old callers' routes, in the shapes that they know. Nothing is done here that is not a GraphQL document: these functions
 * rename fields, and that is all.
 */
export function serveRest(app: FastifyInstance, graphql: GraphqlServer, access: Access): void {
  app.register((rest, _options, done) => {
    rest.setErrorHandler((error: FastifyError, _request, reply) => sendDetail(reply, graphql.mask, error));
    addRoutes(rest, createAsk(graphql), access);
    done();
  });
  app.register((rest, _options, done) => {
    rest.setErrorHandler((error: FastifyError, _request, reply) => sendDetail(reply, graphql.mask, error));
    addVolumeRoutes(rest, createAsk(graphql), access);
    done();
  });
}

function addRoutes(rest: FastifyInstance, ask: Ask, access: Access): void {
  const memory = new TriggerMemory();
  function route(method: 'GET' | 'POST', url: string, handle: Handle): void {
    const handler = async (request: FastifyRequest, reply: FastifyReply) => {
      const actor = await access.authenticate(bearerToken(request.headers.authorization));
      reply.header('cache-control', 'no-store');
      return handle(actor, request, reply);
    };
    // The old services sent a caller with a slash at the end to the address without.
    for (const one of [url, `${url}/`]) rest.route({ method, url: one, handler });
  }
  const triggerRoute =
    (trigger: typeof triggerForDashboard | typeof triggerForService): Handle =>
    async (actor, { body }, reply) => {
      const { status, answer } = await trigger({ ask, actor, body, memory });
      return reply.code(status).send(answer);
    };

  route('POST', '/api/memory-dumps/trigger', triggerRoute(triggerForDashboard));
  route('GET', '/api/memory-dumps/status', (actor, { protocol, host }) =>
    showStatus(ask, actor, memory, `${protocol}://${host}`),
  );
  route('GET', '/api/memory-dumps/status/:vm', (actor, request) =>
    showStatusOf(ask, actor, memory, pathPart(request, 'vm')),
  );
  route('GET', '/api/memory-dumps/records', (actor, { query }) => listRecords(ask, actor, query));
  route('GET', '/api/memory-dumps/stats', (actor) => showStats(ask, actor));
  route('POST', '/api/dumps', triggerRoute(triggerForService));
  route('GET', '/api/dumps', (actor) => listDumps(ask, actor, memory));
  route('GET', '/api/telemetry/live-vms', (actor) => listLiveVms(ask, actor));
  // What there is to ask for is no secret.
  rest.get('/api/openapi.json', async () => openapi);
}

/** Errors as the old services gave them: `detail` for people; and what programs need beside it. */
function sendDetail(reply: FastifyReply, mask: MaskError, error: FastifyError): void {
  const { status, shown } = toRefusal(error, mask);
  const { code, hint } = shown.extensions;
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  reply.code(status).send({ detail: shown.message, error: { code, message: shown.message, hint } });
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ExecutionResult, GraphQLError } from 'graphql';
import { renderGraphiQL } from 'graphql-yoga';
import type { Access } from '../access/access.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import { bearerToken } from './credentials.ts';
import { sendError } from './errors.ts';
import { type JsonType, parseAccept } from './media-type.ts';
import { readParams } from './params.ts';
import { prepare } from './run.ts';
import type { Seats } from './seats.ts';
import { sendEvents } from './sse.ts';
import { checkForgery } from './wall/forgery.ts';
import { graphiqlPolicy } from './wall/headers.ts';
import type { GraphqlServer } from './yoga.ts';

export interface GraphqlRouteOptions {
  readonly graphql: GraphqlServer;
  readonly access: Access;
  readonly seats: Seats;
  readonly heartbeatMs: number;
  readonly graphiql: boolean;
}

/**
 * GraphQL over HTTP (the foundation's specification), subscriptions as server-sent events. The framework has read the body
 * by then, under its limit, and as JSON only: a form, which any web page may send, is 415.
 */
export function serveGraphql(
  app: FastifyInstance,
  { graphql, access, seats, heartbeatMs, graphiql }: GraphqlRouteOptions,
): void {
  const { mask } = graphql;
  app.route({
    url: '/graphql',
    method: ['GET', 'POST'],
    handler: async (request, reply) => {
      if (graphiql && isVisit(request)) {
        return reply
          .header('content-security-policy', graphiqlPolicy)
          .type('text/html; charset=utf-8')
          .send(renderGraphiQL({ title: 'Memoir' }));
      }
      checkForgery(request.raw);
      const token = bearerToken(request.headers.authorization);
      const actor = await access.authenticate(token);
      const accepted = parseAccept(request.headers.accept);
      const params = readParams(request);
      const prepared = await prepare(graphql, actor, params);

      if (request.method === 'GET' && 'kind' in prepared && prepared.kind === 'mutation') {
        return sendError(
          reply.header('allow', 'POST'),
          mask,
          new MemoirError('BAD_INPUT', 'send a mutation by POST'),
          405,
        );
      }
      const streams = 'kind' in prepared && prepared.kind === 'subscription';
      if (accepted.json !== null && !streams) {
        return answer(
          reply,
          accepted.json,
          'errors' in prepared ? prepared : ((await prepared.run()) as ExecutionResult),
        );
      }
      if (!accepted.events) {
        const hint = streams
          ? 'a subscription is answered as text/event-stream, or over a WebSocket'
          : 'accept application/json';
        return sendError(reply, mask, new MemoirError('BAD_INPUT', hint), 406);
      }
      reply.raw.on('close', seats.take(actor.name));
      const result = 'errors' in prepared ? prepared : await prepared.run();
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) reply.raw.setHeader(name, value);
      reply.hijack();
      await sendEvents(reply.raw, result, { mask, heartbeatMs, check: () => access.authenticate(token) });
    },
  });
}

function answer(reply: FastifyReply, type: JsonType, result: ExecutionResult | { errors: readonly GraphQLError[] }) {
  const refused = !('data' in result);
  return reply
    .code(refused && type === 'application/graphql-response+json' ? 400 : 200)
    .header('content-type', `${type}; charset=utf-8`)
    .send(JSON.stringify(result));
}

/** A person who typed the address into a browser. */
function isVisit({ method, headers, query }: FastifyRequest): boolean {
  return (
    method === 'GET' &&
    (headers.accept ?? '').includes('text/html') &&
    (query as { query?: string }).query === undefined
  );
}

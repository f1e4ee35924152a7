import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Access } from '../access/access.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import { bearerToken } from './credentials.ts';
import { sendError } from './errors.ts';
import { type JsonType, parseAccept } from './media-type.ts';
import { readParams } from './params.ts';
import { prepare } from './run.ts';
import { sendEvents } from './sse.ts';
import type { GraphqlServer } from './yoga.ts';

export interface GraphqlRouteOptions {
  readonly graphql: GraphqlServer;
  readonly access: Access;
  readonly heartbeatMs: number;
}

/**
 * GraphQL over HTTP (the foundation's specification), subscriptions as server-sent events. The framework has read the body
 * by then, under its limit, and as JSON only: a form, which any web page may send, is 415.
 */
export function serveGraphql(app: FastifyInstance, { graphql, access, heartbeatMs }: GraphqlRouteOptions): void {
  const { mask } = graphql;
  app.route({
    url: '/graphql',
    method: ['GET', 'POST'],
    handler: async (request, reply) => {
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
      const result = 'errors' in prepared ? prepared : await prepared.run();
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

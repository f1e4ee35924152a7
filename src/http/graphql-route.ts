import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ExecutionResult, GraphQLError } from 'graphql';
import { renderGraphiQL } from 'graphql-yoga';
import type { Access } from '../access/access.ts';
import type { Actor } from '../access/actor.ts';
import type { Askers } from '../async/askers.ts';
import { fieldOf } from '../domain/field.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import { Coalescer } from './coalescer.ts';
import { bearerToken } from './credentials.ts';
import { sendRefusal } from './errors.ts';
import type { GraphqlParams } from './graphql-params.ts';
import { type JsonType, parseAccept } from './media-type.ts';
import { readParams } from './params.ts';
import type { PersistedDocuments } from './persisted-documents.ts';
import { onlyResult, prepare } from './run.ts';
import type { Seats } from './seats.ts';
import { sendEvents } from './sse.ts';
import { checkForgery } from './wall/forgery.ts';
import { graphiqlPolicy } from './wall/headers.ts';
import { whenClosed } from './when-closed.ts';
import type { GraphqlServer } from './yoga.ts';

export interface GraphqlRouteOptions {
  readonly graphql: GraphqlServer;
  readonly access: Access;
  readonly seats: Seats;
  readonly persistedDocuments: PersistedDocuments;
  readonly heartbeatMs: number;
  readonly graphiql: boolean;
}

/**
 * GraphQL over HTTP (the foundation's specification), subscriptions as server-sent events. The framework has read the body
 * by then, under its limit, and as JSON only: a form, which any web page may send, is 415.
 */
export function serveGraphql(
  app: FastifyInstance,
  { graphql, access, seats, persistedDocuments, heartbeatMs, graphiql }: GraphqlRouteOptions,
): EventStreams {
  const { mask } = graphql;
  const streams = new Set<ServerResponse>();
  // Many monitors ask the same at the same time.
  const queries = new Coalescer<Answer>();
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
      const params = readParams(request, persistedDocuments);
      const key = questionKey(actor, params);
      const onLeave = (leave: () => void) => whenClosed(reply.raw, leave);
      const joined = accepted.json === null ? undefined : queries.join(key, onLeave);
      if (joined !== undefined) return answer(reply, accepted.json, await joined);

      const prepared = await prepare(graphql, actor, params);
      const kind = 'kind' in prepared ? prepared.kind : undefined;
      if (request.method === 'GET' && kind === 'mutation') {
        const refusal = new MemoirError('BAD_INPUT', 'send a mutation by POST');
        return sendRefusal(reply.header('allow', 'POST'), 405, mask(refusal));
      }
      if (accepted.json !== null && kind !== 'subscription') {
        if ('errors' in prepared) return answer(reply, accepted.json, encode(prepared));
        const work = async (askers?: Askers) => encode(onlyResult(await prepared.run(askers)));
        return answer(reply, accepted.json, await (kind === 'query' ? queries.run(key, work, onLeave) : work()));
      }
      if (!accepted.events) {
        const form = kind === 'subscription' ? 'text/event-stream, or use a WebSocket' : 'application/json';
        return sendRefusal(reply, 406, mask(new MemoirError('BAD_INPUT', `accept ${form}`)));
      }
      whenClosed(reply.raw, seats.take(actor.name));
      const result = 'errors' in prepared ? prepared : await prepared.run();
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) reply.raw.setHeader(name, value);
      reply.hijack();
      streams.add(reply.raw);
      whenClosed(reply.raw, () => streams.delete(reply.raw));
      await sendEvents(reply.raw, result, { mask, heartbeatMs, check: () => access.authenticate(token) });
    },
  });
  return {
    close() {
      for (const response of streams) response.destroy();
    },
  };
}

/** The event streams that are open. They are broken off, not completed: to a client, complete means that nothing follows. */
export interface EventStreams {
  close(): void;
}

/** An answer that is ready to be sent, to as many as asked for it. */
interface Answer {
  readonly body: Buffer;
  /** GraphQL did not begin to execute it. */
  readonly isRefusal: boolean;
}

function encode(result: ExecutionResult | { readonly errors: readonly GraphQLError[] }): Answer {
  return { body: Buffer.from(JSON.stringify(result)), isRefusal: !('data' in result) };
}

function answer(reply: FastifyReply, type: JsonType | null, { body, isRefusal }: Answer) {
  return reply
    .code(isRefusal && type === 'application/graphql-response+json' ? 400 : 200)
    .header('content-type', `${type}; charset=utf-8`)
    .send(body);
}

/** What makes two questions the same: the words, and who asks. */
function questionKey({ name, role }: Actor, { query, operationName, variables }: GraphqlParams): string {
  return JSON.stringify([name, role, operationName ?? null, variables ?? null, query]);
}

/** A person who typed the address into a browser. */
function isVisit({ method, headers, query }: FastifyRequest): boolean {
  return method === 'GET' && (headers.accept ?? '').includes('text/html') && fieldOf(query, 'query') === undefined;
}

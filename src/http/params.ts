import type { FastifyRequest } from 'fastify';
import { isObject } from '../domain/field.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import { traceparentPattern } from '../domain/traceparent.ts';
import type { GraphqlParams } from './graphql-params.ts';
import { findDocument, type PersistedDocuments } from './persisted-documents.ts';

/** What a GraphQL request says (GraphQL over HTTP §5): the body of a POST, the query string of a GET. BAD_INPUT if it makes no sense. */
export function readParams(request: FastifyRequest, documents: PersistedDocuments): GraphqlParams {
  const source = request.method === 'GET' ? fromQueryString(request.query) : request.body;
  if (!isObject(source)) throw new MemoirError('BAD_INPUT', 'the body must be a JSON object with a `query`');
  const { documentId, operationName, variables, extensions } = source;
  if (extensions != null && !isObject(extensions)) throw new MemoirError('BAD_INPUT', '`extensions` must be an object');
  const query = source.query ?? findDocument(documents, documentId, extensions);
  if (typeof query !== 'string') throw new MemoirError('BAD_INPUT', '`query` must be a string');
  if (operationName != null && typeof operationName !== 'string') {
    throw new MemoirError('BAD_INPUT', '`operationName` must be a string');
  }
  if (variables != null && !isObject(variables)) throw new MemoirError('BAD_INPUT', '`variables` must be an object');
  return { query, operationName, variables, lastEventId: lastEventId(request), traceparent: traceparent(request) };
}

/** Server-sent events, WHATWG HTML §9.2.4: what a client sends when it comes back. */
function lastEventId({ headers }: FastifyRequest): string | null {
  const id = headers['last-event-id'];
  return typeof id === 'string' && id !== '' ? id : null;
}

/** W3C Trace Context §3.2.2: what is no traceparent is left out, as if it had not been sent. */
function traceparent({ headers: { traceparent: given } }: FastifyRequest): string | null {
  return typeof given === 'string' && traceparentPattern.test(given) ? given : null;
}

function fromQueryString(query: unknown): Record<string, unknown> {
  const { variables, extensions, ...rest } = isObject(query) ? query : {};
  return { ...rest, variables: fromJson('variables', variables), extensions: fromJson('extensions', extensions) };
}

function fromJson(name: string, text: unknown): unknown {
  if (text === undefined || text === '') return undefined;
  try {
    return JSON.parse(String(text));
  } catch {
    throw new MemoirError('BAD_INPUT', `\`${name}\` must be JSON`);
  }
}

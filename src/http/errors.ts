import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import type { GraphQLError } from 'graphql';
import { type ErrorCode, errorCatalogue } from '../domain/error-catalogue.ts';
import { isMemoirError, MemoirError } from '../domain/memoir-error.ts';
import type { MaskError } from '../graphql/errors.ts';

/** Statuses that the framework refuses with before a route is reached. */
const codes: Record<number, ErrorCode> = { 413: 'LIMIT_EXCEEDED', 404: 'NOT_FOUND' };

/** What the framework refuses, in the house's words; it names neither the limit nor what is wrong. */
const sentences: Record<string, string> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'the body is larger than this server reads',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'the body is empty: it must be JSON',
  // Its parser refuses the two names that could change an object's prototype by the same code.
  FST_ERR_CTP_INVALID_JSON_BODY:
    'the body is not JSON, or has a member `__proto__` or `constructor`, which is not read',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'the body must be JSON, with `content-type: application/json`',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'the body is not as long as its `content-length` says',
  FST_ERR_BAD_URL: 'the address cannot be decoded',
};

const sentenceOf = ({ code, message }: FastifyError): string => sentences[code] ?? message;

/** Anything that was thrown on the way of a request, as a status and as what may be shown of it. */
export function toRefusal(error: FastifyError, mask: MaskError): { status: number; shown: GraphQLError } {
  if (isMemoirError(error)) return { status: errorCatalogue[error.code].http, shown: mask(error) };
  const status = error.statusCode ?? 500;
  const known = status < 500 ? new MemoirError(codes[status] ?? 'BAD_INPUT', sentenceOf(error)) : error;
  return { status, shown: mask(known) };
}

/** Every refusal in one form, that of a GraphQL answer: `{errors: [{message, extensions: {code, hint}}]}`. */
export function answerErrors(app: FastifyInstance, mask: MaskError): void {
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const { status, shown } = toRefusal(error, mask);
    sendRefusal(reply, status, shown);
  });
}

export function sendRefusal(reply: FastifyReply, status: number, { message, extensions }: GraphQLError): void {
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  reply
    .code(status)
    .type('application/json; charset=utf-8')
    .send({ errors: [{ message, extensions }] });
}

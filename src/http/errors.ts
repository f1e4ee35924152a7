import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { type ErrorCode, errorCatalogue } from '../domain/error-catalogue.ts';
import { isMemoirError, MemoirError } from '../domain/memoir-error.ts';
import type { MaskError } from '../graphql/errors.ts';

/** Statuses that the framework refuses with before a route is reached. */
const codes: Record<number, ErrorCode> = { 413: 'LIMIT_EXCEEDED', 404: 'NOT_FOUND' };

/** Every refusal in one form, that of a GraphQL answer: `{errors: [{message, extensions: {code, hint}}]}`. */
export function answerErrors(app: FastifyInstance, mask: MaskError): void {
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const status = error.statusCode ?? 500;
    const known = isMemoirError(error)
      ? error
      : status < 500
        ? new MemoirError(codes[status] ?? 'BAD_INPUT', error.message)
        : error;
    sendError(reply, mask, known, isMemoirError(error) ? errorCatalogue[error.code].http : status);
  });
}

export function sendError(reply: FastifyReply, mask: MaskError, error: unknown, status: number): void {
  const { message, extensions } = mask(error);
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  reply
    .code(status)
    .type('application/json; charset=utf-8')
    .send({ errors: [{ message, extensions }] });
}

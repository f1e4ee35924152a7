import type { IncomingMessage } from 'node:http';
import { MemoirError } from '../../domain/memoir-error.ts';

/** Bodies that a form of any web page may send without the browser asking this server first (Fetch §2.2.2). */
const formTypes = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'];

/** Headers that make the browser ask first. Any one of them, with any value, is proof enough. */
const proofs = ['x-csrf-prevention', 'x-graphql-yoga-csrf', 'apollo-require-preflight', 'graphql-require-preflight'];

/**
 * Refuses GraphQL requests that a foreign page could have made a browser send (cross-site request forgery). A JSON body needs
 * no proof: the type alone makes browsers ask first, and they are told no. So a POST of any GraphQL client passes as it is,
 * and a GET needs one of the headers.
 */
export function checkForgery({ headers }: IncomingMessage): void {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== undefined && type !== '' && !formTypes.includes(type)) return;
  if (proofs.some((name) => headers[name] !== undefined)) return;
  // No page can set this one: the browser says that the page is this server's own (an EventSource can send no other proof).
  if (headers['sec-fetch-site'] === 'same-origin') return;
  throw new MemoirError('FORBIDDEN', 'a browser could have been made to send this', {
    hint: 'Send a JSON body with its content type, or the header `x-csrf-prevention: 1`.',
  });
}

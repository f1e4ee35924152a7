import type { FastifyInstance, FastifyRequest } from 'fastify';
import { MemoirError } from '../domain/memoir-error.ts';
import type { MaskError } from '../graphql/errors.ts';
import type { Page } from './dashboard.ts';
import { sendRefusal } from './errors.ts';
import { decodedPath, isOfMachines } from './path.ts';

/** The routes of a server and their methods: what a method that none of them has is refused with. */
export class KnownRoutes {
  readonly #methods = new Map<string, Set<string>>();

  /** To be made before the routes. */
  constructor(app: FastifyInstance) {
    app.addHook('onRoute', ({ url, method }) => {
      const known = this.#methods.get(url) ?? new Set();
      for (const one of [method].flat()) known.add(one);
      this.#methods.set(url, known);
    });
  }

  /** The methods of a path, sorted; empty for a path that nothing has. */
  methodsOf(path: string): string[] {
    for (const [pattern, methods] of this.#methods) if (matches(pattern, path)) return [...methods].sort();
    return [];
  }
}

function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return wanted.length === given.length && wanted.every((part, index) => part.startsWith(':') || part === given[index]);
}

interface Unknown {
  readonly mask: MaskError;
  readonly routes: KnownRoutes;
  readonly findPage: (path: string) => Page | null;
}

/** Answers what no route does: a page for a person, 405 for a method that an address does not have, else 404. */
export function answerUnknown(app: FastifyInstance, { mask, routes, findPage }: Unknown): void {
  app.setNotFoundHandler((request, reply) => {
    const path = decodedPath(request.url);
    const page = path !== null && isVisit(request) && !isOfMachines(path) ? findPage(path) : null;
    if (page !== null) {
      return reply
        .code(page.isKnown ? 200 : 404)
        .header('cache-control', 'no-cache')
        .sendFile(page.file, page.folder);
    }
    const methods = path === null ? [] : routes.methodsOf(path);
    if (methods.length === 0) {
      return sendRefusal(reply, 404, mask(new MemoirError('NOT_FOUND', 'There is nothing at this address.')));
    }
    const refusal = new MemoirError('BAD_INPUT', `this address does not take ${request.method}`, {
      hint: `Use ${methods.join(' or ')}.`,
    });
    return sendRefusal(reply.header('allow', methods.join(', ')), 405, mask(refusal));
  });
}

const isVisit = ({ method, headers }: FastifyRequest): boolean =>
  method === 'GET' && (headers.accept ?? '').includes('text/html');

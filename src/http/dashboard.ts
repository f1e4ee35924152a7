import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

const notBuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Memoir</title>
<h1>Memoir is running</h1>
<p>The dashboard is not built yet: <code>npm run build</code> makes it, and <code>npm start</code> does that by itself.</p>
<p>The API is at <code>/graphql</code>.</p>
</html>
`;

/**
 * The dashboard's files. Those that carry their content's hash in the name never change; the page itself is asked for again
 * each time. Answers how to find the page of a path that no file has: that is the page's own business (deep links).
 */
export function serveDashboard(app: FastifyInstance, folder: string): (path: string) => Page | null {
  if (existsSync(join(folder, 'index.html'))) {
    app.register(fastifyStatic, {
      root: folder,
      // Files are listed at start: what is not among them never reaches the disk.
      wildcard: false,
      // The build put the same in gzip and brotli beside them.
      preCompressed: true,
      cacheControl: false,
      setHeaders(reply, path) {
        const hashed = path.startsWith(join(folder, 'assets'));
        reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  } else {
    app.get('/', (_request, reply) =>
      reply.type('text/html; charset=utf-8').header('cache-control', 'no-store').send(notBuilt),
    );
  }

  // Where the old dashboard showed the dumps.
  app.get('/memory-dumps', (_request, reply) => reply.redirect('/dumps', 308));
  return (path) => findPage(folder, path);
}

/** The page that an address of the dashboard leads to. */
export interface Page {
  /** Relative to `folder`. */
  readonly file: string;
  readonly folder: string;
  /** False where no screen has the address: the first page then says so. */
  readonly isKnown: boolean;
}

/** Null if there is no dashboard. */
function findPage(folder: string, path: string): Page | null {
  const screen = /^\/([a-z]+)(?=\/|$)/.exec(path)?.[1];
  const file = `${screen}.html`;
  if (screen !== undefined && existsSync(join(folder, file))) return { file, folder, isKnown: true };
  return existsSync(join(folder, 'index.html')) ? { file: 'index.html', folder, isKnown: path === '/' } : null;
}

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
 * each time. A path that no file has is the page's own business (deep links), if it is a page that is asked for.
 */
export function serveDashboard(app: FastifyInstance, folder: string): void {
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

  app.setNotFoundHandler((request, reply) => {
    const isPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
    const isOurs = /^\/(api|graphql|assets)(\/|$)/.test(request.url.split('?')[0] as string);
    const page = isPage && !isOurs ? pageOf(folder, request.url) : null;
    if (page !== null) return reply.header('cache-control', 'no-cache').sendFile(page, folder);
    return reply
      .code(404)
      .send({ errors: [{ message: 'There is nothing at this address.', extensions: { code: 'NOT_FOUND' } }] });
  });
}

/** The page of the screen that an address leads to; the first for every other address. Null if there is no dashboard. */
function pageOf(folder: string, url: string): string | null {
  const screen = /^\/([a-z]+)(?=[/?]|$)/.exec(url)?.[1] ?? 'index';
  return [`${screen}.html`, 'index.html'].find((page) => existsSync(join(folder, page))) ?? null;
}

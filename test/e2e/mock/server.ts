import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { buildSchema } from 'graphql';
import { useServer as serveSockets } from 'graphql-ws/use/ws';
import { createYoga, type Plugin } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import { resolvers } from './resolvers.ts';
import type { World } from './world.ts';

const root = new URL('../../../', import.meta.url).pathname;
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** The policy under which the dashboard has to work: nothing from elsewhere, no inline script. Mantine writes style attributes. */
const policy =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/** The schema over a simulated world, with the built dashboard, on any loopback port. */
export async function serve(world: World): Promise<{ readonly port: number }> {
  const schema = buildSchema(readFileSync(join(root, 'schema.graphql'), 'utf8'));
  const rootValue = resolvers(world);
  const plugin: Plugin = {
    onExecute({ args }) {
      args.rootValue = rootValue;
    },
  };
  const yoga = createYoga({ schema, logging: false, graphiql: false, plugins: [plugin] });
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://mock').pathname;
    if (path === '/graphql') return void yoga(request, response);
    const file = path.includes('.') ? path : '/index.html';
    const body = await readFile(join(root, 'client/dist', file)).catch(() => null);
    response.writeHead(body ? 200 : 404, {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': policy,
    });
    response.end(body);
  });
  const sockets = new WebSocketServer({ server, path: '/graphql' });
  const roots = { query: rootValue, mutation: rootValue, subscription: rootValue };
  serveSockets({ schema, roots }, sockets);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port };
}

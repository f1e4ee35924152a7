import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Access } from '../access/access.ts';
import type { Closable } from '../domain/closable.ts';
import type { Services } from '../graphql/context.ts';
import { serveDashboard } from './dashboard.ts';
import { answerErrors } from './errors.ts';
import { serveGraphql } from './graphql-route.ts';
import { serveHealth } from './health.ts';
import { createSockets, type SocketLimits } from './websocket.ts';
import { createGraphql } from './yoga.ts';

export interface HostOptions {
  readonly services: Services;
  readonly access: Access;
  /** Address and port to listen on; port 0 takes any that is free. */
  readonly host: string;
  readonly port: number;
  /** Where the built dashboard lies. */
  readonly dashboardFolder: string;
  readonly graphiql?: boolean;
  readonly introspection?: boolean;
  readonly limits?: Partial<HostLimits>;
}

export interface HostLimits extends SocketLimits {
  /** Largest request body. */
  readonly maxBodyBytes: number;
  /** How long `close` lets answers in progress end by themselves. */
  readonly graceMs: number;
}

const defaultLimits: HostLimits = {
  maxBodyBytes: 256 * 1024,
  maxPayloadBytes: 256 * 1024,
  maxBacklogBytes: 4 * 1024 * 1024,
  maxOperations: 100,
  heartbeatMs: 10_000,
  graceMs: 2_000,
};

/** The server as the network sees it. */
export interface Host extends Closable {
  /** Resolves with the address that browsers can use. */
  listen(): Promise<{ readonly url: string; readonly port: number }>;
}

/** Everything that answers on the one port. Nothing listens before `listen`. */
export function createHost(options: HostOptions): Host {
  const { services, access } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const graphql = createGraphql({
    services,
    graphiql: options.graphiql ?? false,
    introspection: options.introspection ?? true,
  });
  const sockets = createSockets(graphql, access, limits);
  const app: FastifyInstance = Fastify({
    logger: false,
    bodyLimit: limits.maxBodyBytes,
    // A path is matched as it was sent: `/graphql/` is not `/graphql`.
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 512 },
    // A client has this long to send its request (slow-loris); answers may take as long as they like.
    requestTimeout: 30_000,
    forceCloseConnections: 'idle',
  });

  // JSON is the only body that is read. Any web page may send a form or plain text anywhere.
  app.removeContentTypeParser('text/plain');

  // In the order in which a request meets them.
  // 1. Errors first, so that whatever follows is refused in one form.
  answerErrors(app, graphql.mask);
  // 2. What needs no authority: whether the server is alive.
  serveHealth(app, services);
  // 3. GraphQL; it asks for authority itself, field by field.
  serveGraphql(app, { graphql, access, heartbeatMs: limits.heartbeatMs });
  // 4. The dashboard's files, last: it answers whatever path nobody else knows.
  serveDashboard(app, options.dashboardFolder);

  app.server.on('upgrade', (request, socket, head) => {
    const { pathname } = new URL(request.url ?? '/', 'http://server');
    if (pathname === '/graphql') return sockets.upgrade(request, socket, head);
    socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });

  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    await sockets.close();
    // Streams of events never end by themselves, and Node would wait for them.
    const timer = setTimeout(() => app.server.closeAllConnections(), limits.graceMs);
    await app.close();
    clearTimeout(timer);
    await graphql.yoga.dispose();
  }

  return {
    async listen() {
      await app.listen({ host: options.host, port: options.port });
      const { port } = app.server.address() as AddressInfo;
      const name = options.host.includes(':') ? `[${options.host}]` : options.host;
      return { url: `http://${name}:${port}`, port };
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

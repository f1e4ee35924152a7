import type { IncomingMessage } from 'node:http';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Closable } from '../domain/closable.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import { codeOf } from '../domain/thrown.ts';
import { type DocumentLimits, defaultDocumentLimits } from '../graphql/limits/document-limits.ts';
import type { Services } from '../graphql/services.ts';
import { serveDashboard } from './dashboard.ts';
import { serveDownloads } from './downloads/download-route.ts';
import { answerErrors } from './errors.ts';
import { serveGraphql } from './graphql-route.ts';
import { serveHeaps } from './heaps/heap-routes.ts';
import { serveHealth } from './observation/health.ts';
import { type MetricSource, serveMetrics } from './observation/metrics.ts';
import { OperationWatch } from './observation/operation-watch.ts';
import type { PersistedDocuments } from './persisted-documents.ts';
import { portOf } from './port-of.ts';
import { serveRest } from './rest/rest.ts';
import { Seats } from './seats.ts';
import { answerUnknown, KnownRoutes } from './unknown.ts';
import { createVolumeDoor } from './volume-door.ts';
import { checkWall, raiseWall, type WallRule } from './wall/wall.ts';
import { createSockets, type SocketLimits } from './websocket.ts';
import { createGraphql } from './yoga.ts';

export interface HostOptions {
  readonly services: Services;
  /** Address and port to listen on; port 0 takes any that is free. */
  readonly host: string;
  readonly port: number;
  /** Where the built dashboard lies. */
  readonly dashboardFolder: string;
  /** The page for trying out queries, at /graphql in a browser; off unless asked for. */
  readonly graphiql?: boolean;
  /** Whether the schema may be asked for; it may unless told otherwise. */
  readonly introspection?: boolean;
  /** Names that the server is called by, beside its addresses, and foreign pages that may use it; none unless named. */
  readonly allowedHosts?: readonly string[];
  readonly allowedOrigins?: readonly string[];
  /** Documents that clients may name in place of sending them. */
  readonly persistedDocuments?: PersistedDocuments;
  /** What other rooms count. */
  readonly metrics?: readonly MetricSource[];
  /** The port on 127.0.0.1 where the old volume daemon's callers look for it; none unless asked for. */
  readonly volumePort?: number | null;
  readonly documentLimits?: Partial<DocumentLimits>;
  readonly limits?: Partial<HostLimits>;
}

export interface HostLimits extends SocketLimits {
  /** Largest request body. */
  readonly maxBodyBytes: number;
  /** How long a query or mutation may take. */
  readonly deadlineMs: number;
  /** Sockets and event streams of one token's bearers together, and connections of any kind in all. */
  readonly maxConnectionsPerActor: number;
  readonly maxConnections: number;
  /** How long `close` lets answers in progress end by themselves. */
  readonly graceMs: number;
}

const defaultLimits: HostLimits = {
  maxBodyBytes: 256 * 1024,
  deadlineMs: 30_000,
  maxPayloadBytes: 256 * 1024,
  maxBacklogBytes: 4 * 1024 * 1024,
  maxOperations: 100,
  heartbeatMs: 10_000,
  maxConnectionsPerActor: 2_000,
  maxConnections: 10_000,
  graceMs: 2_000,
};

const refuseSchemas = () => () => {
  throw new Error('a route with a schema of Fastify has no compiler: check its input with zod');
};

/** The server as the network sees it. */
export interface Host extends Closable {
  /** Resolves with the address that browsers can use. */
  listen(): Promise<{ readonly url: string; readonly port: number; readonly volumePort: number | null }>;
}

/** Everything that answers on the one port. Nothing listens before `listen`. */
export function createHost(options: HostOptions): Host {
  const { services } = options;
  const { access } = services;
  const limits = { ...defaultLimits, ...options.limits };
  const rule = { allowedHosts: options.allowedHosts ?? [], allowedOrigins: options.allowedOrigins ?? [] };
  const graphql = createGraphql({
    services,
    introspection: options.introspection ?? true,
    limits: { ...defaultDocumentLimits, ...options.documentLimits },
    deadlineMs: limits.deadlineMs,
  });
  const seats = new Seats(limits.maxConnectionsPerActor);
  const sockets = createSockets(graphql, access, seats, limits);
  const app: FastifyInstance = Fastify({
    logger: false,
    bodyLimit: limits.maxBodyBytes,
    // Any other upgrade is an offer that may be ignored (RFC 9110 §7.8): curl --http2 and Java's client offer h2c with each request.
    http: { shouldUpgradeCallback: isWebSocket },
    // A path is matched as it was sent: `/graphql/` is not `/graphql`.
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 512 },
    // A client has this long to send its request (slow-loris); answers may take as long as they like.
    requestTimeout: 30_000,
    forceCloseConnections: 'idle',
    // No route has a schema of Fastify's: GraphQL and zod check what comes in. Its compilers are a hundred modules more to load.
    schemaController: { compilersFactory: { buildValidator: refuseSchemas, buildSerializer: refuseSchemas } },
  });

  // JSON is the only body that is read. Any web page may send a form or plain text anywhere.
  app.removeContentTypeParser('text/plain');

  // In the order in which a request meets them.
  // 1. Errors first, so that whatever follows is refused in one form.
  answerErrors(app, graphql.mask);
  const routes = new KnownRoutes(app);
  // 2. The wall: what a foreign page may have made a browser send is refused before anything is read of it.
  raiseWall(app, rule);
  // 3. What needs no authority: whether the server is alive; and the counters of everything that follows.
  serveHealth(app, services);
  const watch = new OperationWatch(services);
  serveMetrics(app, { services, seats, watch, more: options.metrics ?? [] });
  // 4. GraphQL; it asks for authority itself, field by field.
  const { graphiql = false, persistedDocuments = new Map() } = options;
  const streams = serveGraphql(app, {
    graphql,
    access,
    seats,
    persistedDocuments,
    heartbeatMs: limits.heartbeatMs,
    graphiql,
  });
  // 5. The old callers' routes, which are GraphQL documents underneath.
  serveRest(app, graphql, access);
  // 6. Artifacts: the one way by which memory leaves the server.
  serveDownloads(app, services, graphql.mask, seats);
  serveHeaps(app, services, seats);
  // 7. The dashboard's files, and last the answer for whatever nobody knows.
  const findPage = serveDashboard(app, options.dashboardFolder);
  answerUnknown(app, { mask: graphql.mask, routes, findPage });

  const volumeDoor =
    options.volumePort == null ? null : createVolumeDoor(app, options.volumePort, limits.maxConnections);
  app.server.maxConnections = limits.maxConnections;
  app.server.on('upgrade', (request, socket, head) => {
    // No hook of the framework sees an upgrade: the same wall is checked here.
    const status = upgradeRefusal(request, rule);
    if (status === null) return sockets.upgrade(request, socket, head);
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });

  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    // Neither ends by itself, and Node would wait for them.
    streams.close();
    await sockets.close();
    await volumeDoor?.close();
    // Answers in progress may end; what takes longer (a download) is cut off.
    const timer = setTimeout(() => app.server.closeAllConnections(), limits.graceMs);
    await app.close();
    clearTimeout(timer);
    await watch.close();
    await graphql.yoga.dispose();
  }

  return {
    async listen() {
      watch.start();
      await app.listen({ host: options.host, port: options.port }).catch((cause) => {
        throw cannotListen(cause, options);
      });
      const port = portOf(app.server);
      const volumePort = (await volumeDoor?.listen()) ?? null;
      const name = options.host.includes(':') ? `[${options.host}]` : options.host;
      return { url: `http://${name}:${port}`, port, volumePort };
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** Why the address cannot be had, where that is for a person to mend. */
const addressFaults: Readonly<Record<string, { fault: string; hint: string }>> = {
  EADDRINUSE: {
    fault: 'is in use by another process',
    hint: 'Stop that process (`ss -ltnp` names it), or set PORT to another one.',
  },
  EACCES: { fault: 'is not this user’s to listen on', hint: 'Set PORT to one above 1023.' },
  EADDRNOTAVAIL: { fault: 'is not an address of this machine', hint: 'Set HOST to one of its addresses.' },
  ENOTFOUND: { fault: 'is not an address of this machine', hint: 'Set HOST to one of its addresses.' },
};

function cannotListen(cause: unknown, { host, port }: { readonly host: string; readonly port: number }): unknown {
  const known = addressFaults[codeOf(cause) ?? ''];
  if (known === undefined) return cause;
  return new MemoirError('CONFIG_INVALID', `port ${port} of ${host} ${known.fault}`, { cause, hint: known.hint });
}

function isWebSocket({ headers }: IncomingMessage): boolean {
  return (headers.upgrade ?? '').split(',').some((protocol) => protocol.trim().toLowerCase() === 'websocket');
}

function upgradeRefusal(request: IncomingMessage, rule: WallRule): string | null {
  if (request.url?.split('?')[0] !== '/graphql') return '404 Not Found';
  try {
    checkWall(request, rule);
    return null;
  } catch {
    return '403 Forbidden';
  }
}

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ExecutionArgs, ExecutionResult, GraphQLError } from 'graphql';
import { CloseCode, type Context, handleProtocols, makeServer, type SubscribePayload } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Access } from '../access/access.ts';
import type { Actor } from '../access/actor.ts';
import { mapStream } from '../async/map-stream.ts';
import type { Closable } from '../domain/closable.ts';
import type { ErrorCode } from '../domain/error-catalogue.ts';
import { isMemoirError, MemoirError } from '../domain/memoir-error.ts';
import { schema } from '../graphql/schema.ts';
import { toJson } from '../graphql/shared-results.ts';
import { socketToken } from './credentials.ts';
import { isStream, type Prepared, prepare } from './run.ts';
import type { Seats } from './seats.ts';
import type { GraphqlServer } from './yoga.ts';

/** What one socket may cost. */
export interface SocketLimits {
  /** Largest message from a client. */
  readonly maxPayloadBytes: number;
  /** Bytes waiting for a client to read them, beyond which it is cut off. */
  readonly maxBacklogBytes: number;
  /** Operations of one socket at a time, subscriptions and queries together. */
  readonly maxOperations: number;
  /** Between two pings; a client that answered none of one beat is cut off with the next. */
  readonly heartbeatMs: number;
}

export interface GraphqlSockets extends Closable {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

interface Extra {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  token: string | undefined;
  actor: Actor | undefined;
}

type Session = Context<Record<string, unknown> | undefined, Extra>;

/**
 * GraphQL over WebSocket (the graphql-transport-ws protocol). Parsing, validation, context and masking are those of the HTTP
 * transport. A subscription sends its next message when the last one has left the process, so a client that does not read
 * holds one message per operation; it answers no ping either, and is cut off.
 */
export function createSockets(
  graphql: GraphqlServer,
  access: Access,
  seats: Seats,
  limits: SocketLimits,
): GraphqlSockets {
  const wss = new WebSocketServer({
    noServer: true,
    maxPayload: limits.maxPayloadBytes,
    handleProtocols,
    clientTracking: true,
    // Compression keeps a window of memory per socket, and hands attackers a lever; the messages are small.
    perMessageDeflate: false,
  });

  const protocol = makeServer<Record<string, unknown> | undefined, Extra>({
    async onConnect(session) {
      const { extra } = session;
      extra.token = socketToken(session.connectionParams, extra.request.headers);
      try {
        extra.actor = await access.authenticate(extra.token);
        const leave = seats.take(extra.actor.name);
        // It may have closed while it was asked who it is.
        if (extra.socket.readyState === extra.socket.CLOSED) leave();
        else extra.socket.once('close', leave);
        return true;
      } catch (error) {
        if (!isMemoirError(error)) throw error;
        extra.socket.close(closeCodes[error.code] ?? CloseCode.InternalServerError, closeReason(error.message));
        return false;
      }
    },
    onSubscribe: admit,
    execute: run,
    subscribe: run,
    // A stream that breaks is an error like any other.
    onError: (_session, _id, _payload, errors) =>
      errors.some(({ cause }) => cause instanceof ClientGone)
        ? undefined
        : errors.map((error) => graphql.mask(error).toJSON()),
  });

  async function run(args: ExecutionArgs) {
    if (!(args instanceof Admitted)) throw new MemoirError('INTERNAL', 'nobody admitted this operation');
    const result = await args.run();
    return isStream(result) ? deliver(args.socket, args.id, result, limits.maxBacklogBytes) : result;
  }

  async function admit(
    { extra, subscriptions }: Session,
    id: string,
    params: SubscribePayload,
  ): Promise<Admitted | GraphQLError[]> {
    try {
      if (Object.keys(subscriptions).length > limits.maxOperations) {
        throw new MemoirError('LIMIT_EXCEEDED', `a socket may have ${limits.maxOperations} operations at a time`);
      }
      const prepared = await prepare(graphql, await access.authenticate(extra.token), params);
      return 'errors' in prepared
        ? [...prepared.errors]
        : new Admitted(extra.socket, id, prepared, params.operationName);
    } catch (error) {
      return [graphql.mask(error)];
    }
  }

  wss.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    const extra: Extra = { socket, request, token: undefined, actor: undefined };
    const stopBeating = keepAlive(socket, limits.heartbeatMs, () =>
      extra.actor === undefined ? Promise.resolve() : access.authenticate(extra.token),
    );
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => send(socket, text, limits.maxBacklogBytes),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) =>
          socket.on('message', (data, isBinary) => {
            // A backlog also comes from pongs and errors that nobody reads.
            if (socket.bufferedAmount > limits.maxBacklogBytes) return socket.terminate();
            if (isBinary) return socket.close(CloseCode.BadRequest, 'Text messages only');
            handle(String(data)).catch((error: unknown) => {
              if (error instanceof ClientGone) return;
              if (isServersOwn(String(data))) return socket.close(CloseCode.BadRequest, 'Only a server sends this');
              graphql.mask(error);
              socket.close(CloseCode.InternalServerError, 'Internal server error');
            });
          }),
      },
      extra,
    );
    // A broken frame or a reset: ws closes the socket by itself.
    socket.on('error', () => undefined);
    socket.once('close', (code, reason) => {
      stopBeating();
      void closed(code, String(reason));
    });
  });

  return {
    upgrade(request, socket, head) {
      wss.handleUpgrade(request, socket, head, (client) => wss.emit('connection', client, request));
    },
    async close() {
      for (const client of wss.clients) client.close(1001, 'The server is stopping');
      wss.close();
      const closed = [...wss.clients].map((client) => new Promise((resolve) => client.once('close', resolve)));
      const timer = setTimeout(() => {
        for (const client of wss.clients) client.terminate();
      }, 1000);
      await Promise.all(closed);
      clearTimeout(timer);
    },
  };
}

/** An operation that may run; the protocol's implementation hands it on as it is. */
class Admitted implements ExecutionArgs {
  readonly schema = schema;
  readonly socket: WebSocket;
  readonly id: string;
  readonly document: Prepared['document'];
  readonly operationName: string | null | undefined;
  readonly run: Prepared['run'];

  constructor(socket: WebSocket, id: string, { document, run }: Prepared, operationName: string | null | undefined) {
    this.socket = socket;
    this.id = id;
    this.document = document;
    this.run = run;
    this.operationName = operationName;
  }
}

/** 4401 tells a client that trying again is of no use, 1013 (RFC 6455's registry) that later is better. */
const closeCodes: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: CloseCode.Unauthorized,
  LIMIT_EXCEEDED: 1013,
};

/** A reason for closing has at most 123 bytes (RFC 6455 §5.5); a sign that does not fit is left out. */
function closeReason(text: string): string {
  return new TextDecoder().decode(Buffer.from(text).subarray(0, 123), { stream: true });
}

/** Whether a client sent what only a server says: the protocol's implementation takes that for a fault of its own. */
function isServersOwn(text: string): boolean {
  try {
    return ['connection_ack', 'next', 'error'].includes(JSON.parse(text).type);
  } catch {
    return false;
  }
}

/** A client left in the middle of a message: the end of its streams, and nobody's mistake. */
class ClientGone extends Error {}

type Results = AsyncIterableIterator<ExecutionResult>;

/**
 * Sends the results of a stream itself, so that what many sockets get is serialised once. To the protocol's implementation,
 * which keeps the order of things (acknowledged, completed, closed), it is a stream without items.
 */
function deliver(socket: WebSocket, id: string, results: Results, maxBacklogBytes: number): AsyncIterable<never> {
  const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  return mapStream<ExecutionResult, never>(results, async (result) => {
    await send(socket, `${head}${toJson(result)}}`, maxBacklogBytes);
    return undefined;
  });
}

/** Resolves when the message has left the process, so that who sends waits for who reads. */
function send(socket: WebSocket, text: string, maxBacklogBytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    socket.send(text, (error) => (error == null ? resolve() : reject(new ClientGone())));
    if (socket.bufferedAmount > maxBacklogBytes) socket.terminate();
  });
}

/** Pings, and cuts off whoever did not answer the last ping, or may not be here any longer. */
function keepAlive(socket: WebSocket, everyMs: number, check: () => Promise<unknown>): () => void {
  let alive = true;
  socket.on('pong', () => {
    alive = true;
  });
  const timer = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
    check().catch(() => socket.close(CloseCode.Unauthorized, 'The token is no longer valid'));
  }, everyMs);
  return () => clearInterval(timer);
}

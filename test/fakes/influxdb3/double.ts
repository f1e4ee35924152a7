import type { Server } from 'node:http';
import type { Http2Server } from 'node:http2';
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net';
import { createFlightService, type FlightQuery } from './flight-service.ts';
import { createHttpApi } from './http-api.ts';
import type { Influxd } from './influxd.ts';
import { runInfluxQl } from './influxql.ts';
import { createKnobs, type Knobs } from './knobs.ts';
import { type Result, runSql } from './query.ts';
import { Store } from './store.ts';

export interface InfluxDouble {
  readonly url: string;
  readonly knobs: Knobs;
  readonly store: Store;
  /** Every query that was asked, in order. */
  readonly queries: FlightQuery[];
  /** Nobody listens any more; connections break. */
  stop(): Promise<void>;
  /** Listens again, at the same address, with everything that was written. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/**
 * A server that speaks like InfluxDB 3 Core on the wire: HTTP and gRPC on one port, told apart by their first bytes. With
 * `behind`, writes go to a real InfluxQL server too, and InfluxQL is answered by it.
 */
export async function startInfluxDouble(behind: Influxd | null = null): Promise<InfluxDouble> {
  const knobs = createKnobs();
  const store = new Store();
  const queries: FlightQuery[] = [];
  const run = async (query: FlightQuery): Promise<Result> => {
    queries.push(query);
    if (query.language === 'influxql' && behind !== null) return behind.query(query);
    const { database, parameters, text } = query;
    const context = { store, database, parameters, fileLimit: knobs.fileLimit };
    return query.language === 'sql' ? runSql(text, context) : runInfluxQl(text, context);
  };
  const forward = async (database: string, body: string) => behind?.write(database, body);
  const http = createHttpApi({ knobs, store, run, forward });
  const flight = createFlightService(knobs, run);

  const sockets = new Set<Socket>();
  let server: NetServer | undefined;
  let port = 0;
  const start = async () => {
    server = createServer((socket) => route(socket, http, flight, sockets, knobs));
    await new Promise<void>((resolve) => server?.listen(port, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  };
  const stop = async () => {
    const closed = new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    server = undefined;
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await start();
  return { url: `http://127.0.0.1:${port}`, knobs, store, queries, start, stop, close: stop };
}

function route(socket: Socket, http: Server, flight: Http2Server, sockets: Set<Socket>, knobs: Knobs): void {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  socket.on('error', () => {});
  socket.once('data', (bytes: Buffer) => {
    // The preface of HTTP/2 begins with PRI (RFC 9113 §3.4).
    const isHttp2 = bytes.subarray(0, 3).toString() === 'PRI';
    if (isHttp2 && knobs.http1Only) {
      socket.end('HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    socket.pause();
    socket.unshift(bytes);
    (isHttp2 ? flight : http).emit('connection', socket);
    process.nextTick(() => socket.resume());
  });
}

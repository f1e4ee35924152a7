import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { setTimeout } from 'node:timers/promises';
import { toMessages } from './arrow.ts';
import { PlanError } from './evaluate.ts';
import type { Knobs } from './knobs.ts';
import { type Result, ServerError } from './query.ts';

export interface FlightQuery {
  readonly database: string;
  readonly text: string;
  readonly language: 'sql' | 'influxql';
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** gRPC over HTTP/2 without a library: one call, FlightService/DoGet, whose ticket is JSON. */
export function createFlightService(knobs: Knobs, run: (query: FlightQuery) => Promise<Result>): Http2Server {
  const server = createServer();
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    if (headers[':path'] !== '/arrow.flight.protocol.FlightService/DoGet') return fail(stream, 12, 'unknown method');
    if (knobs.token !== null && headers.authorization !== `Bearer ${knobs.token}`)
      return fail(stream, 16, 'Unauthenticated');
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => void answer(stream, Buffer.concat(chunks), knobs, run));
  });
  return server;
}

async function answer(
  stream: ServerHttp2Stream,
  request: Buffer,
  knobs: Knobs,
  run: (query: FlightQuery) => Promise<Result>,
): Promise<void> {
  if (knobs.hang === 'FLIGHT' || knobs.hang === 'EVERYTHING') return;
  await setTimeout(knobs.queryLatencyMs);
  const query = readTicket(request);
  const trouble = knobs.onFlight(query);
  if (trouble !== null && !trouble.afterRows) return fail(stream, trouble.code, trouble.message);
  try {
    const messages = toMessages(named(await run(query)), knobs.batchRows, knobs.emptyBatchFirst);
    if (stream.destroyed) return;
    respond(stream, trouble?.code ?? 0, trouble?.message ?? '');
    for (const { header, body } of messages) stream.write(frame(encodeFlightData(header, body)));
    stream.end();
  } catch (error) {
    if (stream.destroyed) return;
    const message = (error as Error).message;
    if (error instanceof ServerError) fail(stream, 13, message);
    else if (error instanceof PlanError) fail(stream, 3, `Error while planning query: ${message}`);
    else fail(stream, 13, `the double failed: ${(error as Error).stack}`);
  }
}

/** Over Flight, the first column of an InfluxQL answer says what was measured. */
function named(result: Result): Result {
  const { measurement, columns, rows } = result;
  if (measurement === undefined) return result;
  return {
    columns: [{ name: 'iox::measurement', type: 'string', origin: null }, ...columns],
    rows: rows.map((row) => [measurement, ...row]),
  };
}

function respond(stream: ServerHttp2Stream, code: number, message: string): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () =>
    stream.sendTrailers({ 'grpc-status': String(code), 'grpc-message': percent(message) }),
  );
}

/** A failure before any data is one HEADERS frame. */
function fail(stream: ServerHttp2Stream, code: number, message: string): void {
  const headers = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': String(code) };
  stream.respond({ ...headers, 'grpc-message': percent(message) }, { endStream: true });
}

/** A message on the wire: not compressed, four bytes of length. */
function frame(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** FlightData: data_header is field 2, data_body is field 1000. */
function encodeFlightData(header: Uint8Array, body: Uint8Array): Buffer {
  const parts = [Buffer.from([0x12]), varint(header.length), header];
  if (body.length > 0) parts.push(Buffer.from([0xc2, 0x3e]), varint(body.length), body);
  return Buffer.concat(parts);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** Ticket.ticket is field 1: behind five bytes of frame, a tag and a length. */
function readTicket(request: Buffer): FlightQuery {
  let at = 6;
  while ((request[at] as number) & 0x80) at += 1;
  const ticket = JSON.parse(request.subarray(at + 1).toString('utf8'));
  return {
    database: ticket.database,
    text: ticket.sql_query,
    language: ticket.query_type ?? 'sql',
    parameters: ticket.params ?? {},
  };
}

/** What tonic escapes in a header. */
function percent(message: string): string {
  return [...Buffer.from(message.slice(0, 2000))]
    .map((byte) =>
      byte <= 0x20 || byte >= 0x7f || '"#%<>?`{}'.includes(String.fromCharCode(byte))
        ? `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
        : String.fromCharCode(byte),
    )
    .join('');
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { PlanError, type Value } from './evaluate.ts';
import type { FlightQuery } from './flight-service.ts';
import type { Knobs } from './knobs.ts';
import { splitLines } from './lines.ts';
import { type Result, ServerError } from './query.ts';
import type { ColumnType, Store } from './store.ts';

export interface HttpParts {
  readonly knobs: Knobs;
  readonly store: Store;
  run(query: FlightQuery): Promise<Result>;
  /** Takes lines that the store has taken, to a server behind; throws what that says. */
  forward(database: string, body: string): Promise<void>;
}

/** The HTTP side of InfluxDB 3 Core: what Memoir uses of it, and the paths of the official client. */
export function createHttpApi(parts: HttpParts): Server {
  return createServer((request, response) => {
    answer(request, response, parts).catch((error) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String((error as Error).stack));
    });
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, parts: HttpParts): Promise<void> {
  const { knobs } = parts;
  const url = new URL(request.url ?? '/', 'http://double');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString('utf8');
  if (knobs.hang === 'HTTP' || knobs.hang === 'EVERYTHING') return;
  const end = (status: number, text = '', headers: Record<string, string> = {}) => {
    response.writeHead(status, status < 300 ? { 'access-control-allow-origin': '*', ...headers } : headers);
    response.end(text);
  };
  if (knobs.token !== null && !isAuthorised(request, url, knobs.token)) {
    return end(401);
  }
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /health':
      return end(200, 'OK');
    case 'GET /ping':
    case 'POST /ping':
      return end(200, JSON.stringify({ version: knobs.version, revision: '7c269317ee', process_id: '0-0' }), {
        'content-type': 'application/json',
        'x-influxdb-version': knobs.version,
        'x-influxdb-build': 'Core',
      });
    case 'POST /api/v3/configure/table':
      if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
        return end(415, 'unacceptable content-type, expected: application/json');
      return createTable(body, parts.store, end);
    case 'POST /api/v3/write_lp':
      return write(url.searchParams.get('db') ?? '', body, url.searchParams.get('accept_partial') !== 'false', 'v3');
    case 'POST /api/v2/write':
      return write(url.searchParams.get('bucket') ?? '', body, false, 'v2');
    case 'GET /query':
      return query(url.searchParams);
    default:
      return end(404, 'not found');
  }

  async function write(database: string, lines: string, partial: boolean, path: 'v2' | 'v3'): Promise<void> {
    await setTimeout(knobs.writeLatencyMs);
    const trouble = knobs.onWrite(splitLines(lines));
    if (trouble !== null && !trouble.taken) return beTroubled(trouble);
    if (lines.length > maxRequest) return end(500, `max request size (${maxRequest} bytes) exceeded`);
    if (lines.trim() === '') return end(400, 'incoming write was empty');
    const refusal = parts.store.refusal(database);
    if (refusal === 'NAME') return end(400, JSON.stringify({ error: invalidName }));
    if (refusal === 'LIMIT')
      return end(422, JSON.stringify({ error: 'Adding a new database would exceed limit of 5 databases' }));
    const failures = parts.store.write(database, lines, partial, BigInt(Date.now()) * 1_000_000n);
    if (failures.length === 0 || partial) await parts.forward(database, lines);
    if (trouble !== null) return beTroubled(trouble);
    if (failures.length === 0) return end(204);
    const data = failures.map(({ text, number, message }) => ({
      original_line: text,
      line_number: number,
      error_message: message,
    }));
    if (path === 'v2') {
      return end(
        400,
        JSON.stringify({ code: 'invalid', message: 'write buffer error: parsing for line protocol failed' }),
      );
    }
    if (partial) return end(400, JSON.stringify({ error: 'partial write of line protocol occurred', data }));
    return end(400, JSON.stringify({ error: 'parsing failed for write_lp endpoint', data: data[0] }));
  }

  function beTroubled({
    silence,
    status = 500,
    body: text = '',
    headers = {},
  }: NonNullable<ReturnType<Knobs['onWrite']>>): void {
    if (silence === 'DROP') request.socket.destroy();
    else if (silence === undefined) end(status, text, headers);
  }

  /** Compatible with version 1, but for its failures, and for parameters: it knows none. */
  async function query(search: URLSearchParams): Promise<void> {
    await setTimeout(knobs.queryLatencyMs);
    const json = { 'content-type': 'application/json' };
    try {
      const result = await parts.run({
        database: search.get('db') ?? '',
        text: search.get('q') ?? '',
        language: 'influxql',
        parameters: {},
      });
      end(200, toInfluxQlJson(result), json);
    } catch (error) {
      const message = (error as Error).message;
      const unread = /invalid InfluxQL statement[\s\S]*/.exec(message)?.[0];
      const missing = /database not found: .*$/.exec(message)?.[0];
      if (missing !== undefined) end(404, JSON.stringify({ error: `query error: ${missing}` }));
      else if (unread !== undefined) end(500, `error in InfluxQL statement: parsing error: ${unread}`);
      else if (error instanceof PlanError) end(500, `query error: error while planning query: ${message}`);
      else if (error instanceof ServerError) end(500, `query error: ${message}`);
      else throw error;
    }
  }
}

function isAuthorised(request: IncomingMessage, url: URL, token: string): boolean {
  const { authorization } = request.headers;
  return (
    authorization === `Bearer ${token}` || authorization === `Token ${token}` || url.searchParams.get('p') === token
  );
}

const maxRequest = 10 * 1024 * 1024;
const invalidName =
  'invalid character in database name: must be ASCII, containing only letters, numbers, underscores, or hyphens';

const columnTypes: Readonly<Record<string, ColumnType>> = {
  utf8: 'string',
  int64: 'integer',
  uint64: 'uinteger',
  float64: 'float',
  bool: 'boolean',
};

function createTable(body: string, store: Store, end: (status: number, text?: string) => void): void {
  const { db, table, tags, fields } = JSON.parse(body) as {
    db: string;
    table: string;
    tags: string[];
    fields: { name: string; type: string }[];
  };
  const columns = [
    ...tags.map((name): [string, ColumnType] => [name, 'tag']),
    ...fields.map(({ name, type }): [string, ColumnType] => [name, columnTypes[type] as ColumnType]),
  ];
  if (store.createTable(db, table, columns)) end(200);
  else end(409, 'attempted to create a resource that already exists');
}

/** A series for each combination of the tags that were grouped by; whole numbers of any size as JSON numbers. */
function toInfluxQlJson({ measurement, groupedBy = [], columns, rows }: Result): string {
  if (rows.length === 0) return '{"results":[{"statement_id":0}]}';
  const isTag = columns.map(({ name }) => groupedBy.includes(name));
  const series = [...Map.groupBy(rows, (row) => JSON.stringify(row.filter((_, at) => isTag[at]))).values()];
  const texts = series.map((members) => {
    const tags = columns.flatMap(({ name }, at) => (isTag[at] ? [[name, members[0]?.[at]]] : []));
    const names = columns.filter((_, at) => !isTag[at]).map(({ name }) => name);
    const values = members.map(
      (row) => `[${row.flatMap((value, at) => (isTag[at] ? [] : [toJson(value, columns[at]?.type)])).join(',')}]`,
    );
    const grouped = tags.length > 0 ? `"tags":${JSON.stringify(Object.fromEntries(tags))},` : '';
    return `{"name":${JSON.stringify(measurement)},${grouped}"columns":${JSON.stringify(names)},"values":[${values.join(',')}]}`;
  });
  return `{"results":[{"statement_id":0,"series":[${texts.join(',')}]}]}`;
}

function toJson(value: Value, type: string | undefined): string {
  if (typeof value === 'bigint') return String(value);
  return type === 'float' && Number.isInteger(value) ? `${value}.0` : JSON.stringify(value);
}

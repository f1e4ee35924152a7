import type { Closable } from '../domain/closable.ts';
import { createFlight } from './flight.ts';
import { exchange, type InfluxAddress } from './http.ts';
import { failureOfText, InfluxError } from './influx-error.ts';
import type { InfluxParameters, InfluxRow, InfluxValue } from './influx-values.ts';

export interface InfluxQuery {
  readonly text: string;
  readonly parameters?: InfluxParameters;
  readonly timeoutMs?: number;
}

/**
 * The one client of InfluxDB 3 that everything shares. All failures are InfluxErrors. A query's answer is held in memory, so
 * that every query limits itself.
 */
export interface InfluxClient extends Closable {
  /** Resolves when it can query at once: its Flight part takes a while to load, which is not the first query's to wait for. */
  ready(): Promise<void>;
  /** Writes lines: when it resolves they are durable and can be read; when it rejects, none is, or (after a broken
   *  connection or a timeout) all may be. */
  write(lines: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Over Arrow Flight. */
  sql(query: InfluxQuery): Promise<InfluxRow[]>;
  /** Over Arrow Flight: `time` is a number of milliseconds, exact to the microsecond when rounded to it. */
  influxql(query: InfluxQuery): Promise<InfluxRow[]>;
  /** InfluxQL over plain HTTP: another way through the network, which servers before version 3 know too. `time` is in nanoseconds. */
  influxqlHttp(query: InfluxQuery): Promise<InfluxRow[]>;
  /** Makes a table with these columns if there is none of that name. */
  createTable(
    name: string,
    tags: readonly string[],
    fields: readonly TableField[],
    signal?: AbortSignal,
  ): Promise<void>;
  /** Version of the server that answers. */
  version(): Promise<string>;
}

export interface TableField {
  readonly name: string;
  readonly type: 'utf8' | 'int64' | 'float64' | 'bool';
}

const defaultTimeoutMs = 10_000;
/** A write is answered when its WAL file is durable: after up to a second, with nothing being wrong. */
const writeTimeoutMs = 15_000;

export function createInfluxClient(address: InfluxAddress): InfluxClient {
  const flight = createFlight(address);
  const { database } = address;
  const closing = new AbortController();
  const { signal } = closing;

  return {
    ready: flight.ready,
    async write(lines, writeSignal) {
      if (lines.length === 0) return;
      // The v3 path says what is a line's fault and what is not; `accept_partial=false` makes a batch all or nothing.
      await exchange(address, {
        method: 'POST',
        path: '/api/v3/write_lp',
        parameters: { db: database, precision: 'nanosecond', accept_partial: 'false', no_sync: 'false' },
        body: lines.join('\n'),
        contentType: 'text/plain; charset=utf-8',
        success: 204,
        timeoutMs: writeTimeoutMs,
        signal: writeSignal ? AbortSignal.any([signal, writeSignal]) : signal,
      });
    },
    sql: ({ text, parameters = {}, timeoutMs = defaultTimeoutMs }) => flight.query('sql', text, parameters, timeoutMs),
    influxql: ({ text, parameters = {}, timeoutMs = defaultTimeoutMs }) =>
      flight.query('influxql', text, parameters, timeoutMs),
    async influxqlHttp({ text, parameters = {}, timeoutMs = defaultTimeoutMs }) {
      const answer = await exchange(address, {
        method: 'GET',
        path: '/query',
        parameters: { db: database, q: bindText(text, parameters), epoch: 'ns' },
        success: 200,
        timeoutMs,
        signal,
      });
      return readInfluxQl(answer);
    },
    async createTable(name, tags, fields, callSignal) {
      const body = JSON.stringify({ db: database, table: name, tags, fields });
      const path = '/api/v3/configure/table';
      try {
        await exchange(address, {
          method: 'POST',
          path,
          parameters: {},
          body,
          contentType: 'application/json',
          success: 200,
          timeoutMs: defaultTimeoutMs,
          signal: callSignal ? AbortSignal.any([signal, callSignal]) : signal,
        });
      } catch (error) {
        // Conflict: there is such a table.
        if (!(error instanceof InfluxError && error.status === 409)) throw error;
      }
    },
    async version() {
      const answer = await exchange(address, {
        method: 'GET',
        path: '/ping',
        parameters: {},
        success: 200,
        timeoutMs: defaultTimeoutMs,
        signal,
      });
      const { version } = parse<{ version?: string }>(answer || '{}');
      return version ?? 'unknown';
    },
    async close() {
      closing.abort();
      await flight.close();
    },
  };
}

/**
 * Over HTTP, InfluxDB 3 knows no parameters (3.5: "Bind parameter … its value is undefined"), so they become literals. InfluxQL's
 * strings know a backslash before a quote, before another backslash and for a line feed.
 */
function bindText(text: string, parameters: InfluxParameters): string {
  return text.replace(/\$(\w+)/g, (found, name: string) => {
    const value = parameters[name];
    if (value === undefined) return found;
    if (typeof value !== 'string') return String(value);
    return `'${value.replace(/['\\]/g, '\\$&').replace(/\n/g, '\\n')}'`;
  });
}

/** The answer's form since InfluxDB 1: one series per combination of the tags that the statement groups by. */
interface InfluxQlAnswer {
  readonly results?: readonly {
    readonly error?: string;
    readonly series?: readonly {
      readonly tags?: Readonly<Record<string, string>>;
      readonly columns: readonly string[];
      readonly values?: readonly (readonly InfluxValue[])[];
    }[];
  }[];
  readonly error?: string;
}

function readInfluxQl(text: string): InfluxRow[] {
  const answer = parse<InfluxQlAnswer>(text);
  const error = answer.error ?? answer.results?.find((result) => result.error !== undefined)?.error;
  if (error !== undefined) throw new InfluxError(failureOfText(error) ?? 'REFUSED', error);
  const series = answer.results?.flatMap((result) => result.series ?? []) ?? [];
  return series.flatMap(({ tags, columns, values = [] }) =>
    values.map((row) => ({ ...tags, ...Object.fromEntries(columns.map((column, at) => [column, row[at] ?? null])) })),
  );
}

/** JSON whose integers stay exact: nanoseconds are beyond what a number holds. */
function parse<T>(text: string): T {
  try {
    return JSON.parse(text, (_key, value, context?: { source?: string }) =>
      typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
        ? BigInt(context?.source ?? 0)
        : value,
    );
  } catch (cause) {
    throw new InfluxError('NOT_INFLUXDB', 'the answer is not JSON', { cause });
  }
}

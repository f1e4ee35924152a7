import type { InfluxDBClient } from '@influxdata/influxdb3-client';
import { deadline } from '../async/deadline.ts';
import { untilAborted } from '../async/until-aborted.ts';
import { codeOf } from '../domain/thrown.ts';
import type { InfluxAddress } from './http.ts';
import { failureOfText, InfluxError, type InfluxFailure } from './influx-error.ts';
import type { InfluxParameters, InfluxRow } from './influx-values.ts';

/** Queries over Arrow Flight (gRPC) by the official client, which is loaded once, when it is first needed. */
export interface Flight {
  /** Loads the client; a failure is the next query's to tell. */
  ready(): Promise<void>;
  query(
    language: 'sql' | 'influxql',
    text: string,
    parameters: InfluxParameters,
    timeoutMs: number,
  ): Promise<InfluxRow[]>;
  close(): Promise<void>;
}

// What the client would do by itself, and must not:
// - after an outage it would wait up to two minutes before it connects again, and the first query after a server's restart
//   would fail: hence quick reconnection, and a retry of what never reached the server;
// - it would send queries (not writes) through a proxy from the environment;
// - it refuses answers of more than 4 MiB.
const grpcOptions = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.enable_http_proxy': 0,
  'grpc.max_receive_message_length': 32 * 1024 * 1024,
  'grpc.service_config': JSON.stringify({
    methodConfig: [
      {
        name: [{ service: 'arrow.flight.protocol.FlightService' }],
        retryPolicy: {
          maxAttempts: 4,
          initialBackoff: '0.05s',
          maxBackoff: '0.3s',
          backoffMultiplier: 2,
          retryableStatusCodes: ['UNAVAILABLE'],
        },
      },
    ],
  }),
};

export function createFlight(address: InfluxAddress): Flight {
  let opening: Promise<InfluxDBClient> | undefined;
  const load = () => {
    opening ??= open(address);
    return opening;
  };

  return {
    async ready() {
      await load().catch(() => undefined);
    },
    async query(language, text, parameters, timeoutMs) {
      const client = await load();
      const { query, params } = bindFalsy(text, parameters);
      const rows: InfluxRow[] = [];
      const read = async () => {
        // Read to its end: leaving the loop would not end the call, and nothing slows the server down. Queries are limited.
        const options = { type: language, params, timeout: timeoutMs };
        for await (const row of client.query(query, address.database, options)) rows.push(row as InfluxRow);
      };
      // gRPC's own deadline ends the call; this one is for what happens before there is a call.
      const late = () => new InfluxError('TIMEOUT', `no answer within ${timeoutMs} ms`);
      using limit = deadline({ ms: timeoutMs + 100, late });
      try {
        await untilAborted(read(), limit.signal);
      } catch (error) {
        throw toInfluxError(error);
      }
      return rows;
    },
    async close() {
      const client = await opening?.catch(() => undefined);
      await client?.close();
    },
  };
}

async function open({ url, database, token }: InfluxAddress): Promise<InfluxDBClient> {
  const { InfluxDBClient, setLogger } = await import('@influxdata/influxdb3-client');
  // It would print to the console; every failure reaches its caller as an error anyway.
  setLogger({ error() {}, warn() {} });
  return new InfluxDBClient({ host: url, database, token, authScheme: 'Bearer', grpcOptions });
}

/**
 * The client drops parameters whose value is false, zero or empty and then complains that they are missing, and it takes
 * every `$word` of the text for a parameter. So those values become literals here, and texts are ours, without a `$`.
 */
function bindFalsy(text: string, parameters: InfluxParameters) {
  const params: Record<string, string | number | boolean> = {};
  const literals = new Map<string, string>();
  for (const [name, value] of Object.entries(parameters)) {
    if (value) params[name] = value;
    else literals.set(name, value === '' ? "''" : String(value));
  }
  const query = text.replace(/\$(\w+)/g, (found, name: string) => literals.get(name) ?? found);
  return { query, params };
}

/** gRPC status codes (grpc.io, "Status codes"), as the client names them. */
const failures: Readonly<Record<string, InfluxFailure>> = {
  UNAUTHENTICATED: 'UNAUTHORIZED',
  PERMISSION_DENIED: 'UNAUTHORIZED',
  DEADLINE_EXCEEDED: 'TIMEOUT',
  UNAVAILABLE: 'UNREACHABLE',
  RESOURCE_EXHAUSTED: 'TROUBLED',
  INVALID_ARGUMENT: 'REFUSED',
  UNIMPLEMENTED: 'REFUSED',
  INTERNAL: 'TROUBLED',
};

function toInfluxError(error: unknown): InfluxError {
  if (error instanceof InfluxError) return error;
  const code = codeOf(error) ?? '';
  const message = error instanceof Error ? readMessage(error.message) : String(error);
  // The server may notice its deadline before the client does.
  const elapsed = /grpc-timeout elapsed/.test(message) ? 'TIMEOUT' : undefined;
  const failure = elapsed ?? failureOfText(message) ?? failures[code] ?? 'TROUBLED';
  return new InfluxError(failure, message || code, { cause: error });
}

/** The transport leaves some of the message's percent-encoding in place. */
function readMessage(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}

import { deadline } from '../async/deadline.ts';
import { failureOfText, InfluxError, type InfluxFailure } from './influx-error.ts';

/** A server, a database in it, and what it knows us by. */
export interface InfluxAddress {
  readonly url: string;
  readonly database: string;
  /** Empty for a server that runs without authorisation. */
  readonly token: string;
}

interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly contentType?: string;
  /** The status by which InfluxDB says that it did it: any other answer, also a friendly one, is someone else's. */
  readonly success: 200 | 204;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** One HTTP exchange: the text of a successful answer, or an InfluxError. Redirects are not followed: they would carry the token along. */
export async function exchange(address: InfluxAddress, request: Request): Promise<string> {
  const url = new URL(request.path, address.url);
  for (const [name, value] of Object.entries(request.parameters)) url.searchParams.set(name, value);
  using limit = deadline({
    ms: request.timeoutMs,
    late: () => new InfluxError('TIMEOUT', `no answer within ${request.timeoutMs} ms`),
    outer: request.signal,
  });
  let response: Response | undefined;
  let text: string;
  try {
    response = await fetch(url, {
      method: request.method,
      redirect: 'manual',
      headers: {
        accept: 'application/json',
        ...(address.token && { authorization: `Bearer ${address.token}` }),
        ...(request.contentType !== undefined && { 'content-type': request.contentType }),
      },
      signal: limit.signal,
      ...(request.body !== undefined && { body: request.body }),
    });
    text = await response.text();
  } catch (cause) {
    if (limit.signal.reason instanceof InfluxError) throw limit.signal.reason;
    // It had begun to answer: what goes wrong then (a query that runs out of memory, say) cuts the body off.
    if (response !== undefined)
      throw new InfluxError('TROUBLED', `the answer was cut off: ${describeCause(cause)}`, { cause });
    throw new InfluxError('UNREACHABLE', describeCause(cause), { cause });
  }
  if (response.status === request.success) return text;
  const message = `HTTP ${response.status}: ${readMessage(text).slice(0, 500).trim() || response.statusText}`;
  const retryAfterMs = readRetryAfter(response.headers);
  // A proxy's page, a maintenance notice, another product: nothing of it says that the request was carried out.
  const failure = response.ok ? 'NOT_INFLUXDB' : failureOf(response.status, text);
  throw new InfluxError(failure, message, { retryAfterMs, status: response.status });
}

/** What a JSON body says, without the line that it repeats: of a long one, nothing else would be left. */
function readMessage(text: string): string {
  interface Body {
    readonly error?: unknown;
    readonly message?: unknown;
    readonly data?: { readonly error_message?: unknown } | readonly { readonly error_message?: unknown }[];
  }
  let body: Body | null;
  try {
    body = JSON.parse(text);
  } catch {
    return text;
  }
  const { error, message, data } = body ?? {};
  const [first] = [data].flat();
  const said = [error, message, first?.error_message].filter((part) => typeof part === 'string');
  return said.length > 0 ? said.join(': ') : text;
}

/**
 * A 400 is the line's fault only where the text says so: on some paths every failure of the server's own write buffer is
 * answered with 400 too, and the line is as good as before.
 */
const aboutTheLine =
  /line protocol pars|invalid column type|partial write|parsing failed|unable to parse|field type conflict/i;

function failureOf(status: number, text: string): InfluxFailure {
  if (status === 401 || status === 403) return 'UNAUTHORIZED';
  // Up to 3.9, a query that is not understood is an internal error.
  const isUnderstood = !/parsing error|error while planning query/i.test(text);
  if (status === 429 || status >= 500) return failureOfText(text) ?? (isUnderstood ? 'TROUBLED' : 'REFUSED');
  if (status === 413 || status === 422) return failureOfText(text) ?? 'TOO_MUCH';
  if (status === 400 && aboutTheLine.test(text)) return 'BAD_LINE';
  const named = failureOfText(text);
  if (named !== undefined) return named;
  if (status === 400) return /pars(e|ing)|syntax/i.test(text) ? 'REFUSED' : 'TROUBLED';
  return 'NOT_INFLUXDB';
}

/** RFC 9110 §10.2.3: seconds, or a date: of the server's clock, which says beside it what it shows now (§6.6.1). */
function readRetryAfter(headers: Headers): number | null {
  const value = headers.get('retry-after');
  if (value === null) return null;
  const seconds = Number(value);
  const date = headers.get('date');
  const nowMs = date === null ? Date.now() : Date.parse(date);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - nowMs;
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

function describeCause(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}

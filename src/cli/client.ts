import { type ErrorCode, errorCatalogue } from '../domain/error-catalogue.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import { readEvents } from './event-stream.ts';

/** A generated document, with the types of its result and its variables. */
export interface Document<Result, Variables> {
  toString(): string;
  __apiType?: (variables: Variables) => Result;
}

/** The server cannot be reached, or the connection broke: trying again may help. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** A client of the server's GraphQL API, over HTTP alone. What the server refuses is thrown as a MemoirError with its code. */
export interface Client {
  ask<R, V>(document: Document<R, V>, variables: NoInfer<V>): Promise<R>;
  /** Results until the server completes the stream; Unreachable when it breaks off. */
  follow<R, V>(document: Document<R, V>, variables: NoInfer<V>, signal?: AbortSignal): AsyncGenerator<R, void, void>;
}

/** What the payload of every mutation has in `errors`. */
interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

interface Answer<R> {
  readonly data?: R | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Record<string, unknown> }[];
}

/** The server says something every ten seconds; silence for much longer is a connection that is no more. */
const silenceMs = 35_000;
const answerMs = 60_000;

export function createClient(url: string, token: string | null): Client {
  const address = new URL('/graphql', url);

  async function send(query: string, variables: unknown, accept: string, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { 'content-type': 'application/json', accept };
    if (token !== null) headers.authorization = `Bearer ${token}`;
    try {
      return await fetch(address, { method: 'POST', headers, body: JSON.stringify({ query, variables }), signal });
    } catch (cause) {
      throw lost(address, cause);
    }
  }

  return {
    async ask<R, V>(document: Document<R, V>, variables: V) {
      const response = await send(String(document), variables, 'application/json', AbortSignal.timeout(answerMs));
      return dataOf((await readJson(response, address)) as Answer<R>);
    },

    async *follow<R, V>(document: Document<R, V>, variables: V, signal?: AbortSignal) {
      const silence = new AbortController();
      const timer = setTimeout(() => silence.abort(new Error('the server stopped responding')), silenceMs);
      const ended = signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]);
      try {
        const response = await send(String(document), variables, 'text/event-stream', ended);
        if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
          dataOf((await readJson(response, address)) as Answer<R>);
          throw lost(address, new Error('the response is not a stream'));
        }
        for await (const event of readEvents(response.body, () => timer.refresh())) {
          if (event.type === 'complete') return;
          yield dataOf(JSON.parse(event.data) as Answer<R>);
        }
        throw new Error('the stream was interrupted');
      } catch (error) {
        if (error instanceof MemoirError || error instanceof Unreachable || signal?.aborted) throw error;
        throw lost(address, error);
      } finally {
        clearTimeout(timer);
        silence.abort();
      }
    },
  };
}

async function readJson(response: Response, address: URL): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    throw lost(address, cause, `answers with status ${response.status}, which is not a Memoir response`);
  }
}

/** The data of an answer that holds no error, neither one of GraphQL's nor one of a mutation's payload. */
function dataOf<R>({ data, errors }: Answer<R>): R {
  const [refusal] = Object.values(data ?? {}).flatMap((root) => (root as { errors?: Refusal[] } | null)?.errors ?? []);
  if (refusal !== undefined) throw new MemoirError(refusal.code, refusal.message, { hint: refusal.hint });
  const error = errors?.[0];
  if (error === undefined && data != null) return data;
  const code = String(error?.extensions?.code) as ErrorCode;
  const hint = error?.extensions?.hint;
  throw new MemoirError(code in errorCatalogue ? code : 'INTERNAL', error?.message ?? 'the response has no data', {
    ...(typeof hint === 'string' && { hint }),
  });
}

function lost(address: URL, cause: unknown, what = 'does not respond'): Unreachable {
  const reason = cause instanceof Error ? (cause.cause instanceof Error ? cause.cause : cause).message : String(cause);
  return new Unreachable(`${address.origin} ${what}: ${reason}`, { cause });
}

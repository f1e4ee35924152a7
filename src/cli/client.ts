import { fieldOf, isObject } from '../domain/field.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import { errorIn, refusalIn } from '../domain/refusal.ts';
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
      return dataOf(document, await readJson(response, address));
    },

    async *follow<R, V>(document: Document<R, V>, variables: V, signal?: AbortSignal) {
      const silence = new AbortController();
      const timer = setTimeout(() => silence.abort(new Error('the server stopped responding')), silenceMs);
      const ended = signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]);
      try {
        const response = await send(String(document), variables, 'text/event-stream', ended);
        if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
          dataOf(document, await readJson(response, address));
          throw lost(address, new Error('the response is not a stream'));
        }
        for await (const event of readEvents(response.body, () => timer.refresh())) {
          if (event.type === 'complete') return;
          yield dataOf(document, JSON.parse(event.data));
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
function dataOf<R, V>(_document: Document<R, V>, answer: unknown): R {
  const data = fieldOf(answer, 'data');
  const refusal = isObject(data) ? refusalIn(data) : null;
  if (refusal !== null) throw refusal;
  const errors = fieldOf(answer, 'errors');
  const [error] = Array.isArray(errors) ? errors : [];
  if (error !== undefined || !isObject(data)) throw errorIn(error, 'the response has no data');
  // What the server answers to a document is what was generated from it and the schema.
  return data as R;
}

function lost(address: URL, cause: unknown, what = 'does not respond'): Unreachable {
  const reason = cause instanceof Error ? (cause.cause instanceof Error ? cause.cause : cause).message : String(cause);
  return new Unreachable(`${address.origin} ${what}: ${reason}`, { cause });
}

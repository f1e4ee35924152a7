import { createClient } from 'graphql-ws';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
export type Answer = { data?: any; errors?: { message: string; path?: unknown[]; extensions: Record<string, any> }[] };

/** Asks over HTTP, as any client would. */
export async function ask(
  url: string,
  query: string,
  variables: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Answer;
}

/** The code of an answer's first error, or of the first in a mutation's payload. */
export const codeOf = (answer: Answer): string | undefined =>
  answer.errors?.[0]?.extensions.code ?? refusalOf(answer)?.code;
export const hintOf = (answer: Answer): string | undefined =>
  answer.errors?.[0]?.extensions.hint ?? refusalOf(answer)?.hint;

const refusalOf = ({ data }: Answer) =>
  Object.values<{ errors?: { code: string; hint: string }[] } | null>(data ?? {}).flatMap(
    (root) => root?.errors ?? [],
  )[0];

/** A graphql-ws client, closed when the test is over. */
export function socketClient(url: string, connectionParams: Record<string, unknown> = {}) {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams,
    retryAttempts: 0,
  });
  onTestFinished(() => void client.dispose());
  return client;
}

/** Subscribes over WebSocket; the iterator is ended when the test is over. */
export function follow(url: string, query: string, variables: Record<string, unknown> = {}) {
  const stream = socketClient(url).iterate({ query, variables }) as unknown as AsyncIterableIterator<Answer>;
  onTestFinished(() => void stream.return?.());
  return stream;
}

/** Subscribes over SSE (the distinct connections mode of the GraphQL over SSE protocol). */
export async function* listen(
  url: string,
  query: string,
  variables: Record<string, unknown> = {},
  signal?: AbortSignal,
): AsyncGenerator<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query, variables }),
    ...(signal === undefined ? {} : { signal }),
  });
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [, event, data] = /(?:event: (\w+)\n)data: ?(.*)/s.exec(text.slice(0, end)) ?? [];
      text = text.slice(end + 2);
      if (event === 'complete') return;
      if (event === 'next') yield JSON.parse(data as string) as Answer;
    }
  }
}

/** The next answer of a stream. */
export async function next(stream: AsyncIterator<Answer>): Promise<Answer> {
  const { done, value } = await stream.next();
  if (done) throw new Error('the stream has ended');
  return value;
}

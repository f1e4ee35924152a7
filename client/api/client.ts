import { Client, type ExecutionResult, fetchExchange, subscriptionExchange } from '@urql/core';
import type { PageState } from '../state/page.ts';
import { type Answers, createAnswers } from './answers.ts';
import { createSocket, type Socket } from './socket.ts';
import { authorization } from './token.ts';
import { wholeAnswers } from './whole-answers.ts';

export interface Api {
  readonly client: Client;
  readonly socket: Socket;
  readonly answers: Answers;
}

/**
 * Questions and orders by HTTP, everything live by one WebSocket, one cache of answers. Nothing is asked before `position`
 * is known: an answer older than the place from which events are read could miss some for ever.
 */
export function createApi(origin: URL, page: PageState, position: Promise<unknown>): Api {
  const address = new URL('/graphql', origin);
  const live = new URL(address);
  live.protocol = origin.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = createSocket(live.href, page.connection);
  const client = new Client({
    url: address.href,
    preferGetMethod: false,
    fetch: async (...request) => {
      await position;
      return fetch(...request);
    },
    fetchOptions: () => ({ headers: authorization() }),
    exchanges: [
      wholeAnswers(),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables = {} }) => ({
          subscribe: (sink) => ({
            unsubscribe: socket.subscribe(
              { query, variables: variables as Record<string, unknown> },
              {
                // The two libraries describe the same object, one of them more loosely.
                next: (result) => sink.next(result as ExecutionResult),
                error: (errors) => sink.error(errors),
                complete: () => sink.complete(),
              },
            ),
          }),
        }),
      }),
    ],
  });
  return { client, socket, answers: createAnswers(client, page.freshness) };
}

// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react';
import { Client, fetchExchange, Provider } from 'urql';
import { afterEach, describe, expect, it } from 'vitest';
import { createCache } from '../../client/api/cache.ts';
import { EventPositionDocument } from '../../client/api/generated/graphql.ts';
import { useFreshQuery } from '../../client/api/use-fresh-query.ts';
import { freshness } from '../../client/state/freshness.ts';

/** A server that answers with the next of its answers, or is not there. */
function serve(...answers: (string | null)[]) {
  let asked = 0;
  const fetch = async () => {
    const answer = answers[Math.min(asked, answers.length - 1)];
    asked += 1;
    if (answer === null) throw new TypeError('fetch failed');
    const service = { __typename: 'Service', eventCursor: answer };
    return new Response(JSON.stringify({ data: { __typename: 'Query', service } }), {
      headers: { 'content-type': 'application/json' },
    });
  };
  const client = new Client({
    url: 'http://server/graphql',
    preferGetMethod: false,
    requestPolicy: 'cache-and-network',
    exchanges: [createCache(), fetchExchange],
    fetch: fetch as typeof globalThis.fetch,
  });
  return { client, asked: () => asked };
}

function Shown({ frozen = false }: { readonly frozen?: boolean }) {
  const { data, error } = useFreshQuery(EventPositionDocument, {}, ['service'], { frozen });
  return (
    <p>
      {data?.service.eventCursor ?? 'nothing'}
      {error && ', failed'}
    </p>
  );
}

const show = (client: Client, frozen = false) =>
  render(
    <Provider value={client}>
      <Shown frozen={frozen} />
    </Provider>,
  );
const news = () =>
  act(async () => {
    freshness.mark(['service']);
    await new Promise((resolve) => setTimeout(resolve, 700));
  });
afterEach(cleanup);

describe('a query on the screen', () => {
  it('asks again when its topic changed', async () => {
    const { client } = serve('1', '2');
    show(client);
    await screen.findByText('1');
    await news();
    await screen.findByText('2');
  });

  it('keeps what it knew when the server is gone, and says that it failed', async () => {
    const { client } = serve('1', null);
    show(client);
    await screen.findByText('1');
    await news();
    await screen.findByText('1, failed');
  });

  it('does not ask while it is frozen, and once when it is no longer', async () => {
    const { client, asked } = serve('1', '2');
    const view = show(client, true);
    await screen.findByText('1');
    await news();
    expect(asked()).toBe(1);
    view.rerender(
      <Provider value={client}>
        <Shown />
      </Provider>,
    );
    await screen.findByText('2');
    expect(asked()).toBe(2);
  });
});

// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react';
import { Client, fetchExchange } from 'urql';
import { afterEach, describe, expect, it } from 'vitest';
import { createAnswers } from '../../client/api/answers.ts';
import type { Api } from '../../client/api/client.ts';
import { EventPositionDocument } from '../../client/api/generated/graphql.ts';
import { ApiContext } from '../../client/api/use-api.ts';
import { useFreshQuery } from '../../client/api/use-fresh-query.ts';
import { createFreshness, type Freshness } from '../../client/state/freshness.ts';

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
    exchanges: [fetchExchange],
    fetch: fetch as typeof globalThis.fetch,
  });
  const freshness = createFreshness();
  const api = { client, answers: createAnswers(client, freshness) } as unknown as Api;
  return { api, freshness, asked: () => asked };
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

const show = (api: Api, frozen = false) =>
  render(
    <ApiContext value={api}>
      <Shown frozen={frozen} />
    </ApiContext>,
  );
const news = (freshness: Freshness) =>
  act(async () => {
    freshness.mark(['service']);
    await new Promise((resolve) => setTimeout(resolve, 700));
  });
afterEach(cleanup);

describe('a query on the screen', () => {
  it('asks again when its topic changed', async () => {
    const { api, freshness } = serve('1', '2');
    show(api);
    await screen.findByText('1');
    await news(freshness);
    await screen.findByText('2');
  });

  it('keeps what it knew when the server is gone, and says that it failed', async () => {
    const { api, freshness } = serve('1', null);
    show(api);
    await screen.findByText('1');
    await news(freshness);
    await screen.findByText('1, failed');
  });

  it('does not ask while it is frozen, and once when it is no longer', async () => {
    const { api, freshness, asked } = serve('1', '2');
    const view = show(api, true);
    await screen.findByText('1');
    await news(freshness);
    expect(asked()).toBe(1);
    view.rerender(
      <ApiContext value={api}>
        <Shown />
      </ApiContext>,
    );
    await screen.findByText('2');
    expect(asked()).toBe(2);
  });
});

describe('the one cache of answers', () => {
  it('asks once for what is shown twice, again after what was marked under way, and keeps unchanged parts the same objects', async () => {
    const { api, freshness, asked } = serve('1', '1', '2');
    const seen = new Set<unknown>();
    function Twice() {
      const { data } = useFreshQuery(EventPositionDocument, {}, ['service']);
      if (data) seen.add(data);
      return <Shown />;
    }
    render(
      <ApiContext value={api}>
        <Twice />
        <Shown />
      </ApiContext>,
    );
    await screen.findAllByText('1');
    expect(asked()).toBe(1);
    await news(freshness);
    expect(asked()).toBe(2);
    expect(seen.size).toBe(1);
    await news(freshness);
    await screen.findAllByText('2');
    expect(seen.size).toBe(2);
  });
});

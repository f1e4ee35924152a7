import { describe, expect, it } from 'vitest';
import { ask } from '../fakes/graphql-client.ts';
import { startTestServer } from '../fakes/server.ts';

const trigger = 'mutation { triggerDumps(input: { machines: { all: true } }) { accepted { id } } }';
const query = 'subscription { operationEvents(after: "0") { type } }';

/** The text of a stream until it has so many events, as a plain EventSource would ask for it. */
async function listen(url: string, events: number, headers: Record<string, string> = {}): Promise<string> {
  const address = `${url}/graphql?${new URLSearchParams({ query })}`;
  const ended = new AbortController();
  const response = await fetch(address, {
    headers: { accept: 'text/event-stream', 'sec-fetch-site': 'same-origin', ...headers },
    signal: ended.signal,
  });
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.split('event: next').length > events) break;
  }
  ended.abort();
  return text;
}
const ids = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));

describe('an event stream', () => {
  it('says the place of each event and when to come back, and goes on behind the one that its client heard last', async () => {
    const { url } = await startTestServer();
    await ask(url, trigger);
    const first = await listen(url, 2);
    expect(first).toMatch(/^retry: \d+$/m);
    expect(ids(first).slice(0, 2)).toEqual([1, 2]);
    expect(ids(await listen(url, 1, { 'last-event-id': '1' }))[0]).toBe(2);
    expect(ids(await listen(url, 1, { 'last-event-id': '2' }))[0]).toBe(3);
    expect(await listen(url, 1, { 'last-event-id': 'rubbish' })).toContain('BAD_CURSOR');
  });

  it('is refused to a page of someone else', async () => {
    const { url } = await startTestServer();
    expect(await listen(url, 1, { 'sec-fetch-site': 'cross-site' })).toContain('FORBIDDEN');
    expect(await listen(url, 1, { 'sec-fetch-site': 'same-site' })).toContain('FORBIDDEN');
  });
});

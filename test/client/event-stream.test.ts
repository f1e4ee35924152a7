import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventFieldsFragment } from '../../client/api/generated/graphql.ts';
import { createEventStream, type EventSource, type News } from '../../client/state/event-stream.ts';

const event = (seq: number, type: EventFieldsFragment['type'] = 'STARTED'): EventFieldsFragment => ({
  __typename: 'OperationEvent',
  cursor: `c${seq}`,
  seq,
  type,
  at: '2026-11-21T12:00:00Z',
  operationId: 'op',
  kind: 'DUMP',
  subject: 'vm:1',
  state: 'RUNNING',
  phase: null,
  message: '',
  operation: null,
});

type On = Parameters<EventSource['subscribe']>[1];

/** A server whose log and answers the test decides. */
function createServer() {
  const subscriptions: { variables: { readonly after: string }; on: On }[] = [];
  const server = {
    newest: 0,
    answers: [] as ((cursor: string) => void)[],
    held: false,
    down: false,
    subscriptions,
    source: {
      newest: (): Promise<string> => {
        if (server.down) return Promise.reject(new Error('away'));
        if (!server.held) return Promise.resolve(`c${server.newest}`);
        return new Promise<string>((resolve) => server.answers.push(resolve));
      },
      subscribe: (variables, on) => {
        subscriptions.push({ variables, on });
        return () => {};
      },
    } satisfies EventSource,
    /** Sends events on the newest subscription. */
    send(...events: EventFieldsFragment[]) {
      for (const each of events) {
        server.newest = Math.max(server.newest, each.seq);
        subscriptions.at(-1)?.on.event(each);
      }
    },
  };
  return server;
}

const told = (news: readonly News[]) =>
  news.map((each) =>
    each.type === 'EVENT'
      ? `${each.event.seq}${each.replayed ? ' replayed' : ''}`
      : each.type === 'RETURNED'
        ? `${each.reloaded ? 'reloaded' : 'returned'} after ${each.awayMs} ms with ${each.caughtUp}`
        : each.type,
  );

describe('the event stream', () => {
  let now = 1_000_000;
  let news: News[] = [];
  beforeEach(() => {
    vi.useFakeTimers();
    now = 1_000_000;
    news = [];
  });
  afterEach(() => vi.useRealTimers());
  const begin = async (
    server: ReturnType<typeof createServer>,
    place: Parameters<ReturnType<typeof createEventStream>['start']>[0] = null,
    isNew = false,
  ) => {
    const stream = createEventStream(server.source, () => now);
    await stream.start(place, (each) => news.push(each), isNew);
    return stream;
  };

  it('begins with what happens from now on', async () => {
    const server = createServer();
    server.newest = 41;
    await begin(server);
    expect(server.subscriptions[0]?.variables.after).toBe('c41');
    server.send(event(42), event(43));
    expect(told(news)).toEqual(['42', '43']);
  });

  it('tells each event once, also when the line brings some again', async () => {
    const server = createServer();
    await begin(server);
    server.send(event(1), event(2), event(1), event(2), event(3));
    expect(told(news)).toEqual(['1', '2', '3']);
  });

  it('goes on after the newest event on every new line, by the same variables', async () => {
    const server = createServer();
    await begin(server);
    server.send(event(1), event(2));
    expect(JSON.parse(JSON.stringify(server.subscriptions[0]?.variables))).toEqual({ after: 'c2' });
  });

  it('says after an absence how long it was and how much it caught up with', async () => {
    const server = createServer();
    const stream = await begin(server);
    server.send(event(1));
    stream.lost(now);
    now += 42_000;
    server.newest = 4;
    stream.back();
    await vi.advanceTimersByTimeAsync(0);
    server.send(event(2), event(3), event(4), event(5));
    expect(told(news)).toEqual(['1', '2 replayed', '3 replayed', '4 replayed', 'returned after 42000 ms with 3', '5']);
  });

  it('notices its arrival also when the events come before the answer where the log ends', async () => {
    const server = createServer();
    const stream = await begin(server);
    server.send(event(1));
    stream.lost(now);
    server.held = true;
    stream.back();
    server.send(event(2), event(3));
    server.answers[0]?.('c2');
    await vi.advanceTimersByTimeAsync(0);
    expect(told(news)).toEqual(['1', '2 replayed', '3 replayed', 'returned after 0 ms with 2']);
  });

  it('returns at once when nothing happened meanwhile', async () => {
    const server = createServer();
    server.newest = 7;
    const stream = await begin(server);
    stream.lost(now);
    now += 5000;
    stream.back();
    await vi.advanceTimersByTimeAsync(0);
    expect(told(news)).toEqual(['returned after 5000 ms with 0']);
  });

  it('counts one absence when the line breaks again while it catches up', async () => {
    const server = createServer();
    const stream = await begin(server);
    server.send(event(1));
    stream.lost(now);
    now += 1000;
    server.newest = 3;
    stream.back();
    await vi.advanceTimersByTimeAsync(0);
    server.send(event(2));
    stream.lost(now);
    now += 1000;
    stream.back();
    await vi.advanceTimersByTimeAsync(0);
    server.send(event(3));
    expect(told(news)).toEqual(['1', '2 replayed', '3 replayed', 'returned after 2000 ms with 2']);
  });

  it('has nothing to return from where the place was asked for just now', async () => {
    const server = createServer();
    server.newest = 12;
    await begin(server, { cursor: 'c10', seq: 10, at: now }, true);
    server.send(event(11), event(12));
    expect(told(news)).toEqual(['11', '12']);
  });

  it('says after a reload with a loss of the line that it was more than a reload', async () => {
    const server = createServer();
    server.newest = 11;
    server.held = true;
    const stream = createEventStream(server.source, () => now);
    void stream.start({ cursor: 'c10', seq: 10, at: now }, (each) => news.push(each));
    stream.lost(now);
    server.held = false;
    now += 1000;
    stream.back();
    await vi.advanceTimersByTimeAsync(0);
    server.send(event(11));
    expect(told(news)).toEqual(['11 replayed', 'returned after 1000 ms with 1']);
  });

  it('treats a reload as an absence', async () => {
    const server = createServer();
    server.newest = 12;
    await begin(server, { cursor: 'c10', seq: 10, at: now - 3000 });
    server.send(event(11), event(12));
    expect(server.subscriptions[0]?.variables.after).toBe('c12');
    expect(told(news)).toEqual(['11 replayed', '12 replayed', 'reloaded after 3000 ms with 2']);
  });

  it('asks again when the server is not there to say where the log ends', async () => {
    const server = createServer();
    server.down = true;
    await begin(server);
    expect(server.subscriptions).toHaveLength(0);
    server.down = false;
    await vi.advanceTimersByTimeAsync(2000);
    expect(server.subscriptions).toHaveLength(1);
    // What was asked for meanwhile may be older than the place that it found.
    expect(told(news)).toEqual(['returned after 0 ms with 0']);
  });

  it('starts from now when the server has another log, and says so', async () => {
    const server = createServer();
    server.newest = 3;
    await begin(server, { cursor: 'c900', seq: 900, at: now });
    server.subscriptions[0]?.on.refused('BAD_CURSOR', 'there is no event 900 yet');
    await vi.advanceTimersByTimeAsync(0);
    expect(server.subscriptions[1]?.variables.after).toBe('c3');
    server.send(event(4));
    expect(told(news)).toEqual(['RESET', 'reloaded after 0 ms with 0', '4']);
  });

  it('subscribes again when it was refused for another reason, or the server ended the stream', async () => {
    const server = createServer();
    await begin(server);
    server.subscriptions[0]?.on.refused('SHUTTING_DOWN', '');
    await vi.advanceTimersByTimeAsync(2000);
    server.subscriptions[1]?.on.ended();
    await vi.advanceTimersByTimeAsync(2000);
    expect(server.subscriptions).toHaveLength(3);
  });

  it('passes on that events are no longer to be had, and goes on after them', async () => {
    const server = createServer();
    await begin(server);
    server.send(event(1), event(50, 'LAGGED'), event(51));
    expect(told(news)).toEqual(['1', 'LAGGED', '51']);
  });

  it('does nothing more when it is stopped', async () => {
    const server = createServer();
    const stream = await begin(server);
    server.subscriptions[0]?.on.ended();
    stream.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.subscriptions).toHaveLength(1);
  });
});

import { stringifyDocument } from '@urql/core';
import type { Api } from '../api/client.ts';
import {
  DumpProgressDocument,
  type EventFieldsFragment,
  EventPositionDocument,
  LiveUsageDocument,
  type LiveUsageSubscription,
  OperationEventsDocument,
} from '../api/generated/graphql.ts';
import { formatSeconds } from '../format/duration.ts';
import { worthSayingMs } from './connection.ts';
import { createEventStream, type EventSource, type News } from './event-stream.ts';
import { fillLog } from './fill-log.ts';
import { allTopics, type Topic } from './freshness.ts';
import type { Tick } from './live-progress.ts';
import { notify } from './notify.ts';
import type { PageState } from './page.ts';
import { remember } from './remembered.ts';
import { createEventToasts } from './toast-events.ts';
import { watchMachines } from './watch-machines.ts';

const returnedShownMs = 8000;

const topicsOf: Partial<Record<EventFieldsFragment['type'], readonly Topic[]>> = {
  COMPLETED: ['active', 'operations', 'records', 'machines', 'service'],
  NOTED: ['records', 'operations', 'machines', 'service'],
};
const otherTopics: readonly Topic[] = ['active', 'operations', 'service'];

/** Wires the live half of the page: events, progress, machines, service. It runs for as long as the page does. */
export function startLive(
  { client, socket, answers }: Api,
  page: PageState,
  position: Promise<string | undefined>,
): void {
  const { activity, connection, freshness, live, preferences, toasts } = page;
  const source: EventSource = {
    async newest() {
      const { data, error } = await client.query(EventPositionDocument, {}, { requestPolicy: 'network-only' });
      if (!data) throw error ?? new Error('no answer');
      return data.service.eventCursor;
    },
    subscribe: (variables, on) =>
      socket.subscribe(
        { query: stringifyDocument(OperationEventsDocument), variables },
        {
          next: ({ data, errors }) => {
            const event = data?.operationEvents as EventFieldsFragment | undefined;
            if (event) on.event(event);
            else on.refused(String(errors?.[0]?.extensions?.code ?? 'INTERNAL'), errors?.[0]?.message ?? '');
          },
          error: ([first]) => on.refused(String(first?.extensions?.code ?? 'INTERNAL'), first?.message ?? ''),
          complete: () => on.ended(),
        },
      ),
  };
  const stream = createEventStream(source);
  const toastEvent = createEventToasts((tone, text) => {
    toasts.show(tone, text);
    if (preferences.notify.get() === 'ON') notify(tone, text);
  });

  function tell(news: News): void {
    if (news.type === 'EVENT') {
      activity.event(news.event);
      live.set({ ...live.get(), seq: news.event.seq });
      if (!news.replayed) toastEvent(news.event);
      freshness.mark(topicsOf[news.event.type] ?? otherTopics);
      if (news.event.kind?.startsWith('VOLUME_')) freshness.mark(['volumes']);
      return;
    }
    if (news.type !== 'RETURNED' || !news.reloaded) freshness.mark(allTopics);
    if (news.type === 'LAGGED') activity.event(news.event);
    else if (news.type === 'RESET')
      activity.page('warning', 'The server has a new event log; following it from now on.');
    else if (news.awayMs >= worthSayingMs && !news.reloaded) {
      const { awayMs, caughtUp } = news;
      activity.page(
        'info',
        `Reconnected after ${formatSeconds(awayMs / 1000)}: ${countEvents(caughtUp)}, none missed.`,
      );
      live.set({ ...live.get(), returned: { awayMs, caughtUp } });
      setTimeout(() => live.set({ ...live.get(), returned: null }), returnedShownMs);
    }
  }

  connection.subscribe(() => {
    const state = connection.get();
    if (state.state === 'LOST') stream.lost(state.since);
    if (state.state === 'LIVE') stream.back();
  });
  const keep = () => remember({ place: stream.place(), activity: activity.get() });
  activity.subscribe(keep);
  window.addEventListener('pagehide', keep);
  void (async () => {
    // What happened before this tab was opened comes first, then what happens from here on: the order of the log.
    const place = page.place ?? (await fillLog(client, activity, position));
    if (place) live.set({ ...live.get(), seq: place.seq });
    await stream.start(place, tell, page.place === null);
    // The page did not wait for a place: it may have been told something older.
    if (place === null) freshness.mark(allTopics);
  })();

  // Progress does not go through the cache: it is drawn, not remembered.
  function watchProgress(): void {
    const again = () => setTimeout(watchProgress, 2000);
    socket.subscribe(
      { query: stringifyDocument(DumpProgressDocument) },
      {
        next: ({ data }) => data && page.progress.receive(data.dumpProgress as Tick),
        error: again,
        complete: again,
      },
    );
  }
  watchProgress();
  function watchUsage(): void {
    const again = () => setTimeout(watchUsage, 2000);
    socket.subscribe(
      { query: stringifyDocument(LiveUsageDocument) },
      {
        next: ({ data }) => data && page.usage.receive((data as unknown as LiveUsageSubscription).vmStats),
        error: again,
        complete: again,
      },
    );
  }
  watchUsage();
  watchMachines(client, answers, page);
}

/** `no event`, `1 event`, `17 events`. */
export function countEvents(count: number): string {
  return count === 1 ? '1 event' : `${count === 0 ? 'no' : count} events`;
}

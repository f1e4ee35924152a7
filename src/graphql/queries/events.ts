import { MemoirError } from '../../domain/memoir-error.ts';
import type { EventItem } from '../../operations/operations.ts';
import { builder, failsAlone } from '../builder.ts';
import { type Connection, connectionType, once, pageArgs, toPage } from '../connection.ts';
import type { Services } from '../services.ts';
import {
  fromEventCursor,
  type LogItem,
  OperationEventType,
  seqOf,
  toEventCursor,
  toLogItem,
} from '../types/operation-event.ts';

const EventConnection = connectionType<LogItem, Connection<LogItem>>('OperationEvent', OperationEventType, 'events');

builder.queryField('events', (t) =>
  t.field({
    type: EventConnection,
    ...failsAlone,
    description: 'The event log, oldest first, for clients that poll instead of subscribing.',
    args: {
      ...pageArgs(t.arg),
      after: t.arg.string({
        description:
          'Cursor of the last event that was seen; 0 for the beginning, service.eventCursor for “from now on”.',
      }),
    },
    resolve: (_, args, { services: { operations } }): Connection<LogItem> => {
      const { limit, after, before, fromEnd } = toPage(args);
      const afterSeq = after === undefined ? undefined : fromEventCursor(after);
      const beforeSeq = before === undefined ? undefined : fromEventCursor(before);
      const bounds = once(() => operations.bounds());
      return {
        page: once(async () => {
          const { first, last } = await bounds();
          if ((afterSeq ?? 0) > last) throw new MemoirError('BAD_CURSOR', `the log has no event ${afterSeq}`);
          const end = Math.min(beforeSeq ?? Number.POSITIVE_INFINITY, last + 1);
          // The log has no gaps: what comes before a place is found by counting.
          const start =
            fromEnd || beforeSeq !== undefined ? Math.max(first - 1, end - 1 - limit) : (afterSeq ?? first - 1);
          const items = await read(operations, start, Math.min(limit, end - 1 - start));
          const edges = items.map((node) => ({ node, cursor: toEventCursor(seqOf(node)) }));
          const newest = items.at(-1);
          return { edges, hasNext: (newest ? seqOf(newest) : start) < last, hasPrevious: start >= first };
        }),
        totalCount: async () => {
          const { first, last } = await bounds();
          return last - first + 1;
        },
      };
    },
  }),
);

/** So many entries of the log after a place; all of them are there. */
async function read(operations: Services['operations'], after: number, count: number): Promise<LogItem[]> {
  if (count < 1) return [];
  const stream = operations.watchEvents(after);
  const items: LogItem[] = [];
  let place = after;
  try {
    while (items.length < count && place < after + count) {
      const { done, value } = (await stream.next()) as IteratorResult<EventItem, undefined>;
      if (done) break;
      const item = toLogItem(value);
      items.push(item);
      place = seqOf(item);
    }
    return items;
  } finally {
    await stream.return?.();
  }
}

import { mapStream } from '../../async/map-stream.ts';
import { builder } from '../builder.ts';
import {
  fromEventCursor,
  type LogItem,
  OperationEventType,
  seqOf,
  toEventCursor,
  toLogItem,
} from '../types/operation-event.ts';

builder.subscriptionField('operationEvents', (t) =>
  t.field({
    type: OperationEventType,
    description:
      'The event log: everything after a cursor, replayed and then live, without gap, repetition or change of order, across restarts of client and server. A slow reader is not left behind: it reads on from the log.',
    args: {
      after: t.arg.string({
        description: 'Cursor of the last event that was seen; 0 for the beginning. From now on if absent.',
      }),
    },
    extensions: { eventId: (item: LogItem) => toEventCursor(seqOf(item)) },
    subscribe: async (_, { after }, { services: { operations }, lastEventId }) => {
      const cursor = lastEventId ?? after;
      const place = cursor == null ? (await operations.bounds()).last : fromEventCursor(cursor);
      return mapStream(operations.watchEvents(place), toLogItem);
    },
    resolve: (item) => item,
  }),
);

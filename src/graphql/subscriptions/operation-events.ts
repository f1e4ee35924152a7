import { mapStream } from '../../async/map-stream.ts';
import { builder } from '../builder.ts';
import { fromEventCursor, OperationEventType, toLogItem } from '../types/operation-event.ts';

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
    subscribe: async (_, { after }, { services: { operations } }) => {
      const place = after == null ? (await operations.bounds()).last : fromEventCursor(after);
      return mapStream(operations.watchEvents(place), toLogItem);
    },
    resolve: (item) => item,
  }),
);

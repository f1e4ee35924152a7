import { MemoirError } from '../../domain/memoir-error.ts';
import { builder } from '../builder.ts';
import { fromEventCursor, type LogItem, OperationEventType, seqOf, toLogItem } from '../types/operation-event.ts';

builder.queryField('events', (t) =>
  t.field({
    type: [OperationEventType],
    description: 'What the event log has after a place, oldest first: for who would rather ask than subscribe.',
    args: {
      after: t.arg.string({
        required: true,
        description:
          'Cursor of the last event that was seen; 0 for the beginning, service.eventCursor for “from now on”.',
      }),
      first: t.arg.int({ required: true, defaultValue: 100, description: 'How many at most: 1 to 1000.' }),
    },
    resolve: async (_, { after, first }, { services: { operations } }) => {
      if (first < 1 || first > 1000) throw new MemoirError('BAD_INPUT', `first must be 1 to 1000, not ${first}`);
      let place = fromEventCursor(after);
      const stream = operations.watchEvents(place);
      const items: LogItem[] = [];
      try {
        const { last } = await operations.bounds();
        while (place < last && items.length < first) {
          const { done, value } = await stream.next();
          if (done) break;
          const item = toLogItem(value);
          items.push(item);
          place = seqOf(item);
        }
        return items;
      } finally {
        await stream.return?.();
      }
    },
  }),
);

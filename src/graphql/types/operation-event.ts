import { MemoirError } from '../../domain/memoir-error.ts';
import type { OperationEvent } from '../../operations/operation.ts';
import type { EventItem } from '../../operations/operations.ts';
import { builder } from '../builder.ts';
import { OperationEventTypeEnum, OperationKindEnum, OperationStateEnum } from '../enums.ts';
import { kindNameOf } from '../operation-kinds.ts';
import { OperationInterface } from './operation.ts';

/** A place in the event log as a cursor: its number in decimal, so that a shell script can keep it, and `0` is the beginning. */
export const toEventCursor = (seq: number): string => String(seq);

export function fromEventCursor(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new MemoirError('BAD_CURSOR', 'an event cursor is the number of an event, or 0 for the beginning');
}

type Lag = Extract<EventItem, { type: 'LAGGED' }>;

/** An entry of the log, which is the same object for every reader, or the news of a gap. */
export type LogItem = OperationEvent | Lag;

export const toLogItem = (item: EventItem): LogItem => (item.type === 'EVENT' ? item.event : item);
const eventOf = (item: LogItem): OperationEvent | null => (item.type === 'LAGGED' ? null : item);
/** Where the log goes on after the item. */
export const seqOf = (item: LogItem): number => (item.type === 'LAGGED' ? item.resumeAfter : item.seq);

export const OperationEventType = builder.objectRef<LogItem>('OperationEvent').implement({
  description:
    'One entry of the event log, or the news that some are missing (type LAGGED). The log has no gaps and keeps its order across restarts.',
  fields: (t) => ({
    cursor: t.string({
      description: 'Its place in the log: operationEvents(after: …) goes on after it, missing and repeating nothing.',
      resolve: (item) => toEventCursor(seqOf(item)),
    }),
    seq: t.int({ description: 'Its number: one more than that of the event before it.', resolve: seqOf }),
    type: t.field({
      type: OperationEventTypeEnum,
      description: 'What it says.',
      resolve: (item) => item.type,
    }),
    at: t.field({
      type: 'DateTime',
      description: 'When it happened.',
      resolve: (item) => eventOf(item)?.atMs ?? Date.now(),
    }),
    operationId: t.id({
      nullable: true,
      description: 'The operation that it is about; null for LAGGED.',
      resolve: (item) => eventOf(item)?.operationId ?? null,
    }),
    kind: t.field({
      type: OperationKindEnum,
      nullable: true,
      description: 'The operation’s kind; null for LAGGED.',
      resolve: (item) => {
        const event = eventOf(item);
        return event === null ? null : kindNameOf(event.kind);
      },
    }),
    subject: t.string({
      nullable: true,
      description: 'The operation’s subject; null for LAGGED.',
      resolve: (item) => eventOf(item)?.subject ?? null,
    }),
    state: t.field({
      type: OperationStateEnum,
      nullable: true,
      description: 'The operation’s state after the event; null for LAGGED.',
      resolve: (item) => eventOf(item)?.state ?? null,
    }),
    phase: t.string({
      nullable: true,
      description: 'The operation’s stage after the event.',
      resolve: (item) => eventOf(item)?.phase ?? null,
    }),
    message: t.string({
      description: 'What happened, in one sentence.',
      resolve: (item) =>
        item.type === 'LAGGED'
          ? `The events from ${item.after + 1} to ${item.resumeAfter} are no longer in the log`
          : item.message,
    }),
    operation: t.field({
      type: OperationInterface,
      nullable: true,
      description: 'The operation as it is now, not as it was then; null for LAGGED.',
      resolve: (item, _, { loaders }) => (item.type === 'LAGGED' ? null : loaders.operation.load(item.operationId)),
    }),
  }),
});

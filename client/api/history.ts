import type { Client } from '@urql/core';
import { kept } from '../lib/activity.ts';
import { logEvent } from './activity.ts';
import { EventHistoryDocument, EventPositionDocument } from './generated/graphql.ts';

/** A dump makes about this many events of which three or four become lines. */
const depth = kept * 4;

/**
 * Fills the log of a tab that was just opened with what happened last, so that it does not look as if nothing ever had.
 * Cursors are the log's own numbers (see `OperationEvent.cursor`), so that one can begin some events before the newest; it returns the newest number, null if there is none.
 */
export async function fillLog(client: Client): Promise<number | null> {
  const position = await client.query(EventPositionDocument, {}, { requestPolicy: 'network-only' });
  const newest = Number(position.data?.service.eventCursor);
  if (!Number.isSafeInteger(newest) || newest < 1) return null;
  const after = String(Math.max(0, newest - depth));
  const { data } = await client.query(EventHistoryDocument, { after, first: depth }, { requestPolicy: 'network-only' });
  for (const event of data?.events ?? []) if (event.type !== 'LAGGED') logEvent(event);
  return newest;
}

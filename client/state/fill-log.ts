import type { Client } from '@urql/core';
import { EventHistoryDocument } from '../api/generated/graphql.ts';
import type { ActivityLog } from './activity.ts';
import { kept } from './activity-entries.ts';
import type { Place } from './event-stream.ts';

/** What happens now is told after this long, also if nobody answers what happened before. */
const patienceMs = 3000;

/** A dump makes about this many events of which three or four become lines. */
const depth = kept * 4;

/**
 * Fills the log of a tab that was just opened with what happened last, so that it does not look as if nothing ever had, and
 * returns the place up to which it did, which is `position`: what happens from there on is the stream's. Null if the server
 * did not say. Cursors are the log's own numbers (see `OperationEvent.cursor`), so that one can begin some events before the newest.
 */
export async function fillLog(
  client: Pick<Client, 'query'>,
  log: ActivityLog,
  position: Promise<string | undefined>,
): Promise<Place | null> {
  const at = Date.now();
  const cursor = await position;
  const seq = Number(cursor);
  if (cursor === undefined || !Number.isSafeInteger(seq)) return null;
  const after = String(Math.max(0, seq - depth));
  const answer = await Promise.race([
    client.query(EventHistoryDocument, { after, first: depth }, { requestPolicy: 'network-only' }),
    new Promise<undefined>((resolve) => setTimeout(resolve, patienceMs)),
  ]);
  for (const event of answer?.data?.events.nodes ?? [])
    if (event.type !== 'LAGGED' && event.seq <= seq) log.event(event);
  return { cursor, seq, at };
}

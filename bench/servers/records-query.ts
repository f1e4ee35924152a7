import { createHash } from 'node:crypto';

/** What the dashboard's table asks for. */
export const recordsQuery = `query Records($first: Int, $offset: Int) {
  dumpRecords(first: $first, offset: $offset) {
    totalCount source warnings
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes { id time dom vmid state sha256 durationSec gzipSizeBytes dumpPath guestPauseMs demo }
  }
}`;

export const recordsHash = createHash('sha256').update(recordsQuery).digest('hex');
export const persisted = new Map([[recordsHash, recordsQuery]]);

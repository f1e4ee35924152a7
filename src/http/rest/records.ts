import type { Actor } from '../../access/actor.ts';
import { fieldOf } from '../../domain/field.ts';
import { isMemoirError, MemoirError } from '../../domain/memoir-error.ts';
import type { Ask } from './ask.ts';

/** The largest page of the API, and the most that the old route recommends at once: so many pages together. */
const pageLength = 1000;
const maxLength = 10_000;

const document = `query ($first: Int!, $offset: Int, $after: String) {
  dumpRecords(first: $first, offset: $offset, after: $after) {
    nodes { time dom vmid sha256 durationSec gzipSizeBytes ctime mtime atime dumpPath }
    totalCount warnings pageInfo { hasNextPage endCursor }
  }
}`;

interface RecordNode {
  readonly time: string;
  readonly dom: string;
  readonly vmid: string;
  readonly sha256: string;
  readonly durationSec: number;
  readonly gzipSizeBytes: number;
  readonly ctime: number;
  readonly mtime: number;
  readonly atime: number;
  readonly dumpPath: string;
}

interface Payload {
  readonly dumpRecords: {
    readonly nodes: readonly RecordNode[];
    readonly totalCount: number | null;
    readonly warnings: readonly string[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

/** `GET /api/memory-dumps/records?limit&offset`. Where the records cannot be read, the old answer is an empty list that says why. */
export async function listRecords(ask: Ask, actor: Actor, query: unknown) {
  const limit = wholeNumber('limit', fieldOf(query, 'limit') ?? 1000, -1);
  const offset = wholeNumber('offset', fieldOf(query, 'offset') ?? 0, 0);
  // As a database takes them: none at all, and without a limit.
  const wanted = limit === -1 ? maxLength : Math.min(limit, maxLength);
  if (wanted === 0) return { records: [], count: 0, limit, offset };
  try {
    const nodes: RecordNode[] = [];
    const warnings = new Set<string>();
    let total: number | null = 0;
    let place: { offset?: number; after?: string } = { offset };
    for (;;) {
      const first = Math.min(wanted - nodes.length, pageLength);
      const { dumpRecords } = await ask<Payload>(actor, document, { first, ...place });
      nodes.push(...dumpRecords.nodes);
      total = dumpRecords.totalCount;
      for (const warning of dumpRecords.warnings) warnings.add(warning);
      const { hasNextPage, endCursor } = dumpRecords.pageInfo;
      if (!hasNextPage || endCursor === null || nodes.length >= wanted) break;
      place = { after: endCursor };
    }
    const records = nodes.map(toRecord);
    return {
      records,
      count: records.length,
      limit: limit === -1 ? limit : wanted,
      offset,
      total,
      ...(warnings.size > 0 && { warnings: [...warnings] }),
    };
  } catch (error) {
    if (!isMemoirError(error) || ['UNAUTHENTICATED', 'FORBIDDEN'].includes(error.code)) throw error;
    return { records: [], count: 0, limit, offset, error: error.message };
  }
}

function toRecord(node: RecordNode) {
  return {
    time: node.time,
    // What the older dashboard calls it.
    timestamp: node.time,
    dom: node.dom,
    vmid: node.vmid,
    sha256: node.sha256,
    duration_sec: node.durationSec,
    gzip_size_bytes: node.gzipSizeBytes,
    ctime: node.ctime,
    mtime: node.mtime,
    atime: node.atime,
    dump_path: node.dumpPath,
  };
}

/** What the database counts with. */
const high = 2 ** 31 - 1;

function wholeNumber(name: string, value: unknown, low: number): number {
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;
  if (Number.isInteger(number) && number >= low && number <= high && String(value).trim() !== '') return number;
  throw new MemoirError('BAD_INPUT', `${name} must be a whole number from ${low} to ${high}`);
}

import { artifactSubject } from '../dumps/dumps.ts';
import type { CaptureSession } from '../heaps/captures/capture-catalogue.ts';
import type { Heaps } from '../heaps/heaps.ts';
import { captureSubject } from '../heaps/operation-types.ts';
import type { Operation } from '../operations/operation.ts';
import type { Operations } from '../operations/operations.ts';
import type { DumpRecord } from '../records/dump-record.ts';
import type { DumpRecords } from '../records/dump-records.ts';
import type { Holds } from '../records/holds.ts';
import type { RetainedItem } from './item.ts';

export interface InventoryParts {
  /** This server's own catalogue: what others captured is theirs to remove. */
  readonly records: Pick<DumpRecords, 'page'>;
  readonly heaps: Pick<Heaps, 'sessions'>;
  readonly holds: Holds;
  readonly operations: Pick<Operations, 'page'>;
  /** Whether somebody reads the artifact at this path. */
  readonly isOpen: (location: string) => boolean;
  /** The schedules that started these operations; null for others. */
  readonly scheduleOf: (operationIds: readonly string[]) => Promise<readonly (string | null)[]>;
}

const pageLength = 1_000;
const sessionPageLength = 500;

/** All artifacts that there are, with what protects each. */
export async function takeInventory(parts: InventoryParts): Promise<readonly RetainedItem[]> {
  const verifying = new Set((await atWork(parts, 'VERIFY')).map(({ subject }) => subject));
  const items: RetainedItem[] = [];
  for await (const records of pages(parts)) {
    const ids = records.map(({ id }) => id);
    const [holds, schedules] = await Promise.all([parts.holds.get('DUMP', ids), parts.scheduleOf(ids)]);
    for (const [index, record] of records.entries()) {
      items.push({
        kind: 'DUMP',
        id: record.id,
        machineId: record.machineId,
        machineName: record.dom,
        scheduleId: schedules[index] ?? null,
        createdMs: Math.floor(record.timeUs / 1_000),
        sizeBytes: record.sizeBytes,
        intact: record.state === 'AVAILABLE',
        held: holds[index] != null,
        open: parts.isOpen(record.dumpPath),
        verifying: verifying.has(artifactSubject(record.id)),
      });
    }
  }
  for await (const item of heapItems(parts)) items.push(item);
  return items;
}

async function* pages({ records }: InventoryParts): AsyncGenerator<readonly DumpRecord[]> {
  let after: string | undefined;
  do {
    const { rows, hasNext } = await records.page({
      filter: { states: ['AVAILABLE', 'DAMAGED'] },
      order: { by: 'TIME', direction: 'ASC' },
      limit: pageLength,
      ...(after === undefined ? {} : { after }),
    });
    yield rows.map(({ record }) => record);
    after = hasNext ? rows.at(-1)?.cursor : undefined;
  } while (after !== undefined);
}

/** The subjects of what is at work of a kind. */
async function atWork({ operations }: InventoryParts, kind: string): Promise<readonly Operation[]> {
  const page = await operations.page({ kind, states: ['QUEUED', 'RUNNING'], limit: pageLength });
  return page.operations;
}

async function* sessionPages({ heaps }: InventoryParts): AsyncGenerator<readonly CaptureSession[]> {
  for (let offset = 0; ; offset += sessionPageLength) {
    const sessions = await heaps.sessions({ limit: sessionPageLength, offset });
    yield sessions;
    if (sessions.length < sessionPageLength) return;
  }
}

async function* heapItems(parts: InventoryParts): AsyncGenerator<RetainedItem> {
  const capturing = new Set((await atWork(parts, 'HEAP_CAPTURE')).map(({ id }) => id));
  const verifying = new Set((await atWork(parts, 'HEAP_VERIFY')).map(({ subject }) => subject));
  for await (const sessions of sessionPages(parts)) {
    const ids = sessions.map(({ id }) => id);
    const [holds, schedules] = await Promise.all([parts.holds.get('HEAP', ids), parts.scheduleOf(ids)]);
    for (const [index, { id, service, captures }] of sessions.entries()) {
      yield {
        kind: 'HEAP',
        id,
        machineId: service,
        machineName: service,
        scheduleId: schedules[index] ?? null,
        createdMs: captures.reduce((newest, { takenAtMs }) => Math.max(newest, Math.floor(takenAtMs)), 0),
        sizeBytes: captures.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
        intact: captures.every(({ state }) => state === 'AVAILABLE'),
        held: holds[index] != null,
        // The second of a pair is still to come.
        open: capturing.has(id) || captures.some(({ location }) => parts.isOpen(location)),
        verifying: captures.some((capture) => verifying.has(captureSubject(capture.id))),
      };
    }
  }
}

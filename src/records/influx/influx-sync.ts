import { MemoirError } from '../../domain/memoir-error.ts';
import type { InfluxClient } from '../../influx/influx-client.ts';
import { isInfluxError } from '../../influx/influx-error.ts';
import type { Outbox } from '../../influx/outbox/outbox.ts';
import { checkFilter } from '../check-query.ts';
import type { DumpRecord } from '../dump-record.ts';
import type { DumpRecords, RecordCatalogue } from '../dump-records.ts';
import type { RecordSync, SyncOptions, SyncSummary } from '../record-sync.ts';
import type { Completeness } from './completeness.ts';
import { joinByPlace } from './join-by-place.ts';
import { type LineGroup, writeOrRefuse } from './line-batches.ts';
import { isForeignId, toLine, toStateLine } from './point.ts';
import type { PointEntry } from './point-reader.ts';
import { readAllPoints } from './point-scan.ts';
import { mendOf } from './ways.ts';

export interface InfluxSyncParts {
  readonly client: InfluxClient;
  readonly catalogue: RecordCatalogue;
  readonly outbox: Pick<Outbox, 'settled' | 'held' | 'forgetOverflow' | 'bury' | 'dismiss'>;
  /** Is told what a completed one came to. */
  readonly completeness: Pick<Completeness, 'synced'>;
  /** This server's host: points with its name that the catalogue lacks come back into it. */
  readonly host: string;
}

/** What of a record is to be written, and where that is counted. */
interface Group extends LineGroup {
  /** What the outbox calls it. */
  readonly key: string;
  readonly counted: 'written' | 'corrected';
}

const pageSize = 1_000;
const batchSize = 500;
/** What was completed a moment ago gets this long to arrive by itself. */
const settleMs = 10_000;
const maxHeld = 100_000;
/** Beyond this, answers come from the catalogue alone. */
const maxBuried = 2_000;

/**
 * Both lists in the order of time and id, side by side, a page of each in memory: what stands in one of them only is what has to
 * be done. Own lines are the same bytes as ever, so that a point that InfluxDB had only forgotten is the same point.
 */
export function createInfluxSync({ client, catalogue, outbox, completeness, host }: InfluxSyncParts): RecordSync {
  async function compare({ dryRun, signal, report }: SyncOptions): Promise<SyncSummary> {
    // What is completed from now on is the outbox's to send; so is what waits in it.
    // Records may be of later than now, where the clock was set back.
    const { lastDumpUs } = await catalogue.stats({});
    const filter = { fromUs: 0, untilUs: Math.max(Date.now() * 1000, (lastDumpUs ?? 0) + 1) };
    await outbox.settled(settleMs);
    const held = await outbox.held(maxHeld);
    const [waiting, dead] = [new Set(held.waiting), new Set(held.dead)];
    const total = 2 * ((await catalogue.count(filter)).total ?? 0);
    const found = { records: 0, points: 0, written: 0, corrected: 0, imported: 0, elsewhere: 0, kept: 0, refused: 0 };
    let refusal: string | null = null;
    let groups: Group[] = [];
    let imports: DumpRecord[] = [];

    const send = async () => {
      const [batch, records] = [groups, imports];
      [groups, imports] = [[], []];
      if (dryRun) return;
      const refused = await writeOrRefuse(client, batch, signal);
      // They belong to every answer, and can be sent again, like those that the outbox itself was refused.
      for (const { group, reason } of refused) {
        found[group.counted] -= 1;
        found.refused += 1;
        refusal ??= reason;
        if (found.refused <= maxBuried) await outbox.bury(group.key, group.lines, reason);
      }
      const left = new Set(refused.map(({ group }) => group.key));
      const written = batch.filter(({ key }) => dead.has(key) && !left.has(key));
      if (written.length > 0) await outbox.dismiss(written.map(({ key }) => key));
      await Promise.all(records.map((record) => catalogue.append(record)));
    };
    const lacking = (record: DumpRecord) => {
      if (waiting.has(record.id)) return;
      if (isForeignId(record.id)) {
        found.kept += 1;
        return;
      }
      found.written += 1;
      const state = record.state === 'AVAILABLE' ? [] : [toStateLine(record, record.state)];
      groups.push({ counted: 'written', key: record.id, lines: [toLine(record), ...state] });
    };
    const foreign = (point: DumpRecord) => {
      if (!isForeignId(point.id) && point.host !== host) {
        found.elsewhere += 1;
        return;
      }
      found.imported += 1;
      imports.push(point);
    };
    const both = (record: DumpRecord, point: DumpRecord) => {
      // The state of an imported one is its other writer's to tell.
      if (record.state === point.state || isForeignId(record.id) || waiting.has(`mark:${record.id}`)) return;
      found.corrected += 1;
      groups.push({ counted: 'corrected', key: `mark:${record.id}`, lines: [toStateLine(record, record.state)] });
    };

    const points = readAllPoints(client, checkFilter(filter), pageSize);
    for await (const [own, point] of joinByPlace(readCatalogue(catalogue, filter), points)) {
      signal.throwIfAborted();
      if (own) found.records += 1;
      if (point) found.points += 1;
      if (own && point) both(own.record, point.record);
      else if (own) lacking(own.record);
      else if (point) foreign(point.record);
      if (groups.length >= batchSize || imports.length >= batchSize) await send();
      const done = found.records + found.points;
      report(done, Math.max(total, done));
    }
    await send();
    // What had not fit into the outbox has been written by now.
    if (!dryRun) await outbox.forgetOverflow();
    if (!dryRun) completeness.synced(found);
    return { dryRun, ...found, refusal };
  }

  return {
    async run(options) {
      try {
        return await compare(options);
      } catch (error) {
        options.signal.throwIfAborted();
        if (!isInfluxError(error)) throw error;
        const text = `InfluxDB could not be brought up to date: ${error.message}`;
        throw new MemoirError('INFLUX_UNAVAILABLE', text, { cause: error, hint: mendOf(error.failure) });
      }
    },
  };
}

async function* readCatalogue(
  catalogue: DumpRecords,
  filter: { readonly fromUs: number; readonly untilUs: number },
): AsyncGenerator<PointEntry, void, void> {
  let after: string | undefined;
  for (;;) {
    const { rows, hasNext } = await catalogue.page({
      filter,
      order: { by: 'TIME', direction: 'ASC' },
      limit: pageSize,
      ...(after !== undefined && { after }),
    });
    for (const { record } of rows) yield { key: record.timeUs, id: record.id, record };
    after = rows.at(-1)?.cursor;
    if (!hasNext || after === undefined) return;
  }
}

import type { InfluxClient } from '../../influx/influx-client.ts';
import type { HeldLines, Outbox } from '../../influx/outbox/outbox.ts';
import { type CheckedFilter, checkFilter, checkPage } from '../check-query.ts';
import type { DumpRecord } from '../dump-record.ts';
import type {
  DumpRecords,
  RecordCount,
  RecordFilter,
  RecordMachines,
  RecordPage,
  RecordPageQuery,
  RecordSeries,
  RecordStats,
  Sourced,
} from '../dump-records.ts';
import type { Completeness } from './completeness.ts';
import { isForeignId } from './point.ts';
import {
  type Pending,
  readCount,
  readMachines,
  readPage,
  readSeries,
  readStats,
  toPendingEntry,
} from './point-page.ts';
import { comparePlaces, type PointReader } from './point-reader.ts';
import { type Budget, createWays } from './ways.ts';

export interface FleetRecordsParts {
  readonly client: InfluxClient;
  /** This server's own records: what is answered from when InfluxDB cannot be asked. */
  readonly catalogue: DumpRecords;
  readonly outbox: Pick<Outbox, 'settled' | 'held'>;
  readonly completeness: Pick<Completeness, 'isLacking' | 'tolerated' | 'missing'>;
  readonly budgets?: Budgets;
}

export interface Budgets {
  readonly page: Budget;
  readonly sums: Budget;
}

/** A person waits for a page: the catalogue has to have answered within two seconds. Statistics may read many windows. */
const defaultBudgets: Budgets = { page: { firstMs: 1_000, restMs: 600 }, sums: { firstMs: 4_000, restMs: 1_500 } };

/** What was completed just now is given this long to be accepted before the answer is put together from both. */
const settleMs = 100;
const maxHeld = 1_000;
const maxDays = 3_660;

const shown = 'Showing only records of this server; records of other hosts are missing';

type Unsourced<T extends Sourced> = Omit<T, keyof Sourced>;

/** What an answer says beside its source, and what it warns of itself. */
type Answer<T> = T & Partial<Pick<Sourced, 'warnings'>>;

/** One question, in the forms in which both stores are asked it. */
interface Question<T> {
  readonly filter: RecordFilter;
  readonly budget: Budget;
  /** `pending` is to be added to what the reader finds. */
  ofInflux(reader: PointReader, filter: CheckedFilter, pending: Pending): Promise<Answer<T>>;
  ofCatalogue(): Promise<T & Sourced>;
  /** Whether InfluxDB's answer lacks records that the catalogue's shows. */
  lacks(answer: T, own: T, held: ReadonlySet<string>): boolean;
}

/**
 * The dumps of all hosts that write to the same InfluxDB. Reads go there; what this server completed and InfluxDB has not
 * accepted (yet, or at all) is part of every answer, and what became of this server's own artifacts is taken from its
 * catalogue. Where InfluxDB cannot be asked, or lacks what it had accepted, the catalogue answers, and says so.
 */
export function createFleetRecords(parts: FleetRecordsParts): DumpRecords {
  const { client, catalogue, outbox, completeness, budgets = defaultBudgets } = parts;
  const ways = createWays(client);

  async function ask<T>(question: Question<T>): Promise<T & Sourced> {
    const { filter, budget } = question;
    const checked = checkFilter(filter);
    // In this order: what the catalogue shows and the outbox does not hold any more is in InfluxDB.
    await outbox.settled(settleMs);
    const own = await question.ofCatalogue();
    const held = await outbox.held(maxHeld);
    const instead = (reason: string): T & Sourced => ({ ...own, warnings: [...own.warnings, reason] });

    if (held.more)
      return instead(`InfluxDB has not accepted more than ${maxHeld} records of this server yet. ${shown} until then.`);
    const warnings = warningsOf(held);
    if (completeness.isLacking()) return instead(lackingWarning);
    const keys = new Set([...held.waiting, ...held.dead]);
    const pending = await readPending(keys);
    const asked = await ways.ask(budget, (reader) => question.ofInflux(reader, checked, pending));
    if (!asked.ok)
      return instead(`InfluxDB could not be asked: ${asked.reason}. ${shown} until InfluxDB answers. ${asked.mend}`);
    if (question.lacks(asked.answer, own, keys)) {
      completeness.missing();
      return instead(lackingWarning);
    }
    const { source } = asked;
    return {
      ...asked.answer,
      source,
      warnings: [...warnings, ...asked.warnings, ...(asked.answer.warnings ?? [])],
    };
  }

  async function readPending(keys: ReadonlySet<string>): Promise<Pending> {
    const found = await catalogue.get([...keys].filter((key) => !key.startsWith('mark:')));
    return found.filter((record) => record !== null);
  }

  /** What this server knows of its own records is newer: a mark may still be on its way. */
  async function refresh(page: RecordPage, { states = [] }: RecordFilter): Promise<RecordPage> {
    const known = await catalogue.get(page.rows.map(({ record }) => record.id));
    const rows = page.rows.map((row, at) => ({ ...row, record: known[at] ?? row.record }));
    return { ...page, rows: states.length === 0 ? rows : rows.filter(({ record }) => states.includes(record.state)) };
  }

  /** Fewer in InfluxDB than this server alone has. A state that is still on its way may make one more or less. */
  const isFewer = (dumps: number | null, own: number | null, { states }: RecordFilter, held: ReadonlySet<string>) => {
    const marked = states === undefined ? 0 : [...held].filter((key) => key.startsWith('mark:')).length;
    return dumps !== null && own !== null && dumps < own - completeness.tolerated() - marked;
  };

  return {
    async get(ids) {
      const found = await catalogue.get(ids);
      const missing = ids.filter((_, at) => found[at] === null);
      if (missing.length === 0) return found;
      const asked = await ways.ask(budgets.page, (reader) => reader.get([...new Set(missing)]));
      return found.map(
        (record, at): DumpRecord | null => record ?? (asked.ok ? asked.answer.get(ids[at] ?? '') : undefined) ?? null,
      );
    },
    async page(query) {
      checkPage(query);
      const page = await ask<Unsourced<RecordPage>>({
        filter: query.filter,
        budget: budgets.page,
        ofInflux: (reader, filter, pending) => readPage(reader, filter, query, pending),
        ofCatalogue: () => catalogue.page(query),
        lacks: (answer, own, held) => lacksRows(query, answer, own, held),
      });
      return refresh(page, query.filter);
    },
    count: (filter) =>
      ask<Unsourced<RecordCount>>({
        filter,
        budget: budgets.page,
        ofInflux: async (reader, checked, pending) => ({ total: await readCount(reader, checked, pending) }),
        ofCatalogue: () => catalogue.count(filter),
        lacks: (answer, own, held) => isFewer(answer.total, own.total, filter, held),
      }),
    stats: (filter) =>
      ask<Unsourced<RecordStats>>({
        filter,
        budget: budgets.sums,
        ofInflux: readStats,
        ofCatalogue: () => catalogue.stats(filter),
        lacks: (answer, own, held) => isFewer(answer.totalDumps, own.totalDumps, filter, held),
      }),
    series: (filter) =>
      ask<Unsourced<RecordSeries>>({
        filter,
        budget: budgets.sums,
        ofInflux: async (reader, checked, pending) => ({ days: await readSeries(reader, checked, pending, maxDays) }),
        ofCatalogue: () => catalogue.series(filter),
        lacks: (answer, own, held) => isFewer(sumOfDumps(answer.days), sumOfDumps(own.days), filter, held),
      }),
    machines: (filter) =>
      ask<Unsourced<RecordMachines>>({
        filter,
        budget: budgets.sums,
        ofInflux: async (reader, checked, pending) => ({ machines: await readMachines(reader, checked, pending) }),
        ofCatalogue: () => catalogue.machines(filter),
        lacks: () => false,
      }),
  };
}

const lackingWarning =
  'InfluxDB lacks records that it had accepted: it was emptied, or looks back less far than before. ' +
  `${shown} until they have been written again, which has been started (memoir records sync).`;

function warningsOf({ dead }: HeldLines): string[] {
  if (dead.length === 0) return [];
  const lines = dead.length === 1 ? 'a record' : `${dead.length} records`;
  return [
    `InfluxDB refused ${lines} of this server, shown here from its catalogue. ` +
      'The reason, and the button that sends them again, are in the settings under InfluxDB (/settings).',
  ];
}

/**
 * Rows of the catalogue's page that belong into InfluxDB's as well and are not there. What lies behind the last row of a page
 * that goes on may be in the next one. Only in the order of time are both lists sorted by the very same keys: InfluxDB may
 * hold durations that were rounded for its columns.
 */
function lacksRows(
  { order }: RecordPageQuery,
  page: Unsourced<RecordPage>,
  own: Unsourced<RecordPage>,
  held: ReadonlySet<string>,
): boolean {
  if (order.by !== 'TIME' && (page.hasNext || page.hasPrevious)) return false;
  const present = new Set(page.rows.map(({ record }) => record.id));
  const compare = comparePlaces(order);
  const entry = (record: DumpRecord) => toPendingEntry(record, order.by);
  const [first, last] = [page.rows.at(0), page.rows.at(-1)];
  return own.rows.some(({ record }) => {
    if (present.has(record.id) || isForeignId(record.id) || held.has(record.id) || held.has(`mark:${record.id}`))
      return false;
    if (page.hasNext && last !== undefined && compare(entry(record), entry(last.record)) > 0) return false;
    return !(page.hasPrevious && first !== undefined && compare(entry(record), entry(first.record)) < 0);
  });
}

const sumOfDumps = (days: readonly { readonly dumps: number }[]) => days.reduce((sum, { dumps }) => sum + dumps, 0);

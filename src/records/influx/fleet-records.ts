import type { InfluxClient } from '../../influx/influx-client.ts';
import type { Outbox } from '../../influx/outbox/outbox.ts';
import { type CheckedFilter, checkFilter, checkPage } from '../check-query.ts';
import type { DumpRecord } from '../dump-record.ts';
import type { DumpRecords, RecordFilter, RecordPage, Sourced } from '../dump-records.ts';
import { type Pending, readCount, readPage, readSeries, readStats } from './point-page.ts';
import type { PointReader } from './point-reader.ts';
import { type Budget, createWays } from './ways.ts';

export interface FleetRecordsParts {
  readonly client: InfluxClient;
  /** This server's own records: what is answered from when InfluxDB cannot be asked. */
  readonly catalogue: DumpRecords;
  readonly outbox: Pick<Outbox, 'settled' | 'waitingKeys' | 'wake'>;
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
const maxPending = 1_000;
const maxDays = 3_660;

/**
 * The dumps of all hosts that write to the same InfluxDB. Reads go there; what this server completed but InfluxDB has not
 * accepted yet is part of every answer, and what became of this server's own artifacts is taken from its catalogue. When
 * InfluxDB cannot be asked, the catalogue answers, and says so.
 */
export function createFleetRecords(parts: FleetRecordsParts): DumpRecords {
  const { client, catalogue, outbox, budgets = defaultBudgets } = parts;
  const ways = createWays(client);

  async function readPending(): Promise<Pending> {
    await outbox.settled(settleMs);
    const keys = await outbox.waitingKeys(maxPending);
    const found = await catalogue.get(keys.filter((key) => !key.startsWith('mark:')));
    return found.filter((record) => record !== null);
  }

  /** Asks InfluxDB, else the catalogue; `work` gets what is to be added to InfluxDB's answer. */
  async function read<T>(
    filter: RecordFilter,
    budget: Budget,
    work: (reader: PointReader, filter: CheckedFilter, pending: Pending) => Promise<T>,
    fromCatalogue: () => Promise<T>,
  ): Promise<{ answer: T; sourced: Sourced }> {
    const checked = checkFilter(filter);
    const pending = await readPending();
    const asked = await ways.ask(budget, (reader) => work(reader, checked, pending));
    if (asked.ok) return { answer: asked.answer, sourced: { source: asked.source, warnings: asked.warnings } };
    const warning =
      `InfluxDB could not be asked: ${asked.reason}. Shown is what this server has recorded itself; ` +
      `records of other hosts are missing until InfluxDB answers. ${asked.mend}`;
    return { answer: await fromCatalogue(), sourced: { source: 'CATALOGUE', warnings: [warning] } };
  }

  /** What this server knows of its own records is newer: a mark may still be on its way. */
  async function refresh(page: Omit<RecordPage, keyof Sourced>, { states = [] }: RecordFilter) {
    const known = await catalogue.get(page.rows.map(({ record }) => record.id));
    const rows = page.rows.map((row, at) => ({ ...row, record: known[at] ?? row.record }));
    return { ...page, rows: states.length === 0 ? rows : rows.filter(({ record }) => states.includes(record.state)) };
  }

  return {
    async append(record) {
      await catalogue.append(record);
      outbox.wake();
    },
    async mark(id, state) {
      const marked = await catalogue.mark(id, state);
      outbox.wake();
      return marked;
    },
    async get(ids) {
      const found = await catalogue.get(ids);
      const missing = ids.filter((_, at) => found[at] === null);
      if (missing.length === 0) return found;
      const asked = await ways.ask(budgets.page, (reader) => reader.get([...new Set(missing)]));
      return found.map(
        (record, at): DumpRecord | null =>
          record ?? (asked.ok ? asked.answer.get(ids[at] as string) : undefined) ?? null,
      );
    },
    async page(query) {
      checkPage(query);
      const { answer, sourced } = await read(
        query.filter,
        budgets.page,
        async (reader, filter, pending) => readPage(reader, filter, query, pending),
        () => catalogue.page(query),
      );
      return { ...(await refresh(answer, query.filter)), ...sourced };
    },
    async count(filter) {
      return (await read(filter, budgets.page, readCount, () => catalogue.count(filter))).answer;
    },
    async stats(filter) {
      const { answer, sourced } = await read(filter, budgets.sums, readStats, () => catalogue.stats(filter));
      return { ...answer, ...sourced, warnings: [...sourced.warnings, ...answer.warnings] };
    },
    // What other writers recorded is imported into the catalogue by the sync.
    machines: () => catalogue.machines(),
    async series(filter) {
      const fromInflux = (reader: PointReader, checked: CheckedFilter, pending: Pending) =>
        readSeries(reader, checked, pending, maxDays);
      return (await read(filter, budgets.sums, fromInflux, () => catalogue.series(filter))).answer;
    },
  };
}

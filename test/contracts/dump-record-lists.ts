import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DumpRecord } from '../../src/records/dump-record.ts';
import type { RecordFilter, RecordOrder, RecordPageQuery, RecordSeries } from '../../src/records/dump-records.ts';
import { recordOrders } from '../../src/records/dump-records.ts';
import type { WritableRecords } from '../fakes/mark-service.ts';
import type { OpenedRecords, SuiteOptions } from './dump-records.ts';
import { expectedMachines, expectedOrder, expectedRecords, expectedSeries, expectedStats } from './record-model.ts';
import { dayUs, midnightUs, mixedRecords, sampleRecord, uuid } from './sample-records.ts';

const newest: RecordOrder = { by: 'TIME', direction: 'DESC' };
const directions = ['ASC', 'DESC'] as const;
const ids = (records: readonly DumpRecord[]) => records.map(({ id }) => id);

/** The part of the records' suite that compares a long list, in every way it can be asked for, with the plain model. */
export function mixedListSuite(create: () => Promise<OpenedRecords>, options: SuiteOptions): void {
  const { nameKey, isSlow = false, isBrief: isShort = false } = options;
  const pageSize = isSlow ? 31 : 7;
  describe('a mixed list', () => {
    const all = mixedRecords(90);
    const everyFilter: RecordFilter[] = [
      {},
      { vms: ['db'] },
      { vms: ['104', 'web-02', uuid('machine db')] },
      { vms: ['nobody'] },
      { vms: [] },
      { states: ['DELETED', 'DAMAGED'] },
      { states: [] },
      { fromUs: midnightUs - 20 * dayUs },
      { untilUs: midnightUs - 20 * dayUs + 3_600_000_500 },
      { fromUs: midnightUs - 30 * dayUs + 1000, untilUs: midnightUs - 5 * dayUs, states: ['AVAILABLE'] },
      { fromUs: midnightUs, untilUs: midnightUs },
      { search: 'WEB' },
      { search: 'db', untilUs: midnightUs - 10 * dayUs },
      { search: 'e', vms: ['web-01', 'db'], states: ['AVAILABLE', 'DELETED'] },
      { search: 'abc' },
      { search: 'cafe' },
      { search: 'CAFE', vms: ['decafe', 'db'], fromUs: midnightUs - 30 * dayUs },
      { search: all[7]?.sha256.slice(10, 20) ?? '' },
      { search: all[7]?.sha256.slice(10, 20) ?? '', vms: ['nobody'] },
    ];
    const filters = isShort ? everyFilter.slice(0, 8) : everyFilter;
    let opened: OpenedRecords;
    let records: WritableRecords;
    beforeAll(async () => {
      opened = await create();
      records = opened.records;
      for (const record of all) await records.append(record);
    });
    afterAll(() => opened.close());
    const page = (given: Partial<RecordPageQuery> = {}) =>
      records.page({ filter: {}, order: newest, limit: 1000, ...given });

    it.each(filters)('counts, sums up and lists by day what matches %j', async (filter) => {
      const expected = expectedRecords(all, filter);
      expect((await records.count(filter)).total).toBe(expected.length);
      const { avgDurationSec, ...stats } = await records.stats(filter);
      const { avgDurationSec: average, ...exact } = expectedStats(expected);
      expect(stats).toMatchObject(exact);
      if (average === null) expect(avgDurationSec).toBeNull();
      else expect(avgDurationSec).toBeCloseTo(average, 6);
      expect(rounded((await records.series(filter)).days)).toEqual(rounded(expectedSeries(expected)));
      expect((await records.machines(filter)).machines).toEqual(expectedMachines(expected));
    });

    it.each(filters.map((filter, number) => ({ filter, number })))(
      'pages through what matches $filter in every order, both ways, each record once',
      async ({ filter, number }) => {
        const expected = expectedRecords(all, filter);
        // A store behind a network is asked for every page of some lists, and for all of the others at once.
        const isBrief = isSlow && number > (isShort ? 0 : 2);
        const size = isBrief ? 1000 : pageSize;
        for (const by of isBrief ? (['TIME', 'VM'] as const) : recordOrders) {
          for (const direction of isBrief ? (['DESC'] as const) : directions) {
            const order = { by, direction };
            const wanted = ids(expectedOrder(expected, order, nameKey));
            expect(await walk(records, filter, order, size), `${by} ${direction}`).toEqual(wanted);
            if (isBrief) continue;
            expect(await walk(records, filter, order, size, true), `${by} ${direction} backwards`).toEqual(wanted);
          }
        }
      },
    );

    it('skips by offset from the start or from a cursor, in every order', async () => {
      for (const filter of [{}, { vms: ['db', 'web-01'] }, { search: 'e' }] satisfies RecordFilter[]) {
        for (const by of recordOrders) {
          const order = { by, direction: 'DESC' } as const;
          const wanted = ids(expectedOrder(expectedRecords(all, filter), order, nameKey));
          for (const offset of isSlow
            ? [1, wanted.length - 1]
            : [0, 1, 5, wanted.length - 1, wanted.length, wanted.length + 7]) {
            const { rows, hasPrevious, hasNext } = await page({ filter, order, offset, limit: 3 });
            expect(rows.map(({ record }) => record.id)).toEqual(wanted.slice(offset, offset + 3));
            expect(hasPrevious).toBe(offset > 0);
            expect(hasNext).toBe(offset + 3 < wanted.length);
          }
          const { rows } = await page({ filter, order, limit: 2 });
          const further = await page({ filter, order, limit: 2, offset: 3, after: rows[1]?.cursor as string });
          expect(further.rows.map(({ record }) => record.id)).toEqual(wanted.slice(5, 7));
        }
      }
    });

    it('reads between two cursors, and says that there is more on both sides', async () => {
      const wanted = expectedOrder(all, newest);
      const { rows } = await page();
      const between = await page({ after: rows[9]?.cursor as string, before: rows[15]?.cursor as string });
      expect(between.rows.map(({ record }) => record.id)).toEqual(ids(wanted.slice(10, 15)));
      expect(between).toMatchObject({ hasPrevious: true, hasNext: true });
      const nothing = await page({ after: rows[9]?.cursor as string, before: rows[10]?.cursor as string });
      expect(nothing).toMatchObject({ rows: [], hasPrevious: true, hasNext: true });
      const end = await page({ after: rows.at(-1)?.cursor as string });
      expect(end).toMatchObject({ rows: [], hasPrevious: true, hasNext: false });
      const start = await page({ before: rows[0]?.cursor as string });
      expect(start).toMatchObject({ rows: [], hasPrevious: false, hasNext: true });
    });

    // The last: it adds to the list.
    it('neither skips nor repeats what was there while new rows arrive', async () => {
      for (const by of recordOrders) {
        const order = { by, direction: 'DESC' } as const;
        const before = ids(
          expectedOrder(
            (await page()).rows.map(({ record }) => record),
            order,
            nameKey,
          ),
        );
        const seen: string[] = [];
        let after: string | undefined;
        for (let arriving = 0; ; arriving += 1) {
          const { rows, hasNext } = await page({
            order,
            limit: isSlow ? 37 : 11,
            ...(after === undefined ? {} : { after }),
          });
          seen.push(...rows.map(({ record }) => record.id));
          after = rows.at(-1)?.cursor;
          if (!hasNext) break;
          const number = 1000 + recordOrders.indexOf(by) * 100 + arriving;
          await records.append(sampleRecord(number, { timeUs: midnightUs - (number % 41) * dayUs, sizeBytes: 4096 }));
        }
        expect(seen.filter((id) => before.includes(id))).toEqual(before);
        expect(new Set(seen).size).toBe(seen.length);
      }
    });
  });
}

/** Reads the whole list page by page, forwards by `after` or backwards by `before`. */
async function walk(
  records: WritableRecords,
  filter: RecordFilter,
  order: RecordOrder,
  limit: number,
  backwards = false,
) {
  const pages: string[][] = [];
  let query: RecordPageQuery = { filter, order, limit };
  if (backwards) {
    const last = (await records.page({ filter, order, limit: 1000 })).rows.at(-1);
    if (last === undefined) return [];
    pages.unshift([last.record.id]);
    query = { ...query, before: last.cursor };
  }
  for (;;) {
    const { rows, hasNext, hasPrevious } = await records.page(query);
    const pageIds = rows.map(({ record }) => record.id);
    if (backwards) pages.unshift(pageIds);
    else pages.push(pageIds);
    const edge = backwards ? rows.at(0) : rows.at(-1);
    expect(backwards ? hasNext : hasPrevious).toBe(pages.length > 1);
    if (!(backwards ? hasPrevious : hasNext) || edge === undefined) return pages.flat();
    query = { filter, order, limit, ...(backwards ? { before: edge.cursor } : { after: edge.cursor }) };
  }
}

/** Averages as far as every store keeps them: to the microsecond. */
function rounded(days: RecordSeries['days']) {
  const round = (value: number | null) => (value === null ? null : Math.round(value * 1e5) / 1e5);
  return days.map((day) => ({
    ...day,
    avgDurationSec: round(day.avgDurationSec),
    avgGuestPauseMs: round(day.avgGuestPauseMs),
  }));
}

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DumpRecord } from '../../src/records/dump-record.ts';
import type { RecordFilter, RecordOrder, RecordPageQuery } from '../../src/records/dump-records.ts';
import type { WritableRecords } from '../fakes/mark-service.ts';
import { mixedListSuite } from './dump-record-lists.ts';
import { expectedOrder, expectedRecords, expectedSeries } from './record-model.ts';
import { dayUs, hostileNames, midnightUs, sampleRecord, uuid } from './sample-records.ts';

export interface OpenedRecords {
  readonly records: WritableRecords;
  close(): Promise<void>;
}

const newest: RecordOrder = { by: 'TIME', direction: 'DESC' };
const ids = (records: readonly DumpRecord[]) => records.map(({ id }) => id);

export interface SuiteOptions {
  /** What names are ordered by, where a store keeps them in another form. */
  readonly nameKey?: (name: string) => string;
  /** Every question goes through a network: the long lists are walked in longer strides. */
  readonly isSlow?: boolean;
  /** The long list is asked for with the first filters only, and in every order with the first of them. */
  readonly isBrief?: boolean;
}

/** What every implementation of DumpRecords must do. `create` opens an empty one. */
export function dumpRecordsSuite(name: string, create: () => Promise<OpenedRecords>, options: SuiteOptions = {}): void {
  // Beside the rest, which opens a store for each test.
  describe(`DumpRecords: ${name}`, () => mixedListSuite(create, options));
  describe(`DumpRecords: ${name}`, () => {
    let opened: OpenedRecords;
    let records: WritableRecords;
    beforeEach(async () => {
      opened = await create();
      records = opened.records;
    });
    afterEach(() => opened.close());

    const append = async (all: readonly DumpRecord[]) => {
      for (const record of all) await records.append(record);
    };
    const page = (given: Partial<RecordPageQuery> = {}) =>
      records.page({ filter: {}, order: newest, limit: 1000, ...given });
    const found = async (filter: RecordFilter) => (await page({ filter })).rows.map(({ record }) => record);
    it('gives back what was appended, every field of it', async () => {
      const record = sampleRecord(1, { imageSha256: 'ab'.repeat(32), guestPauseMs: 1.75, demo: true });
      const plain = sampleRecord(2, { guestPauseMs: null });
      await append([record, plain]);
      expect(await records.get([plain.id, uuid('nobody'), record.id])).toEqual([plain, null, record]);
      expect(await found({})).toEqual([plain, record]);
    });

    it('changes nothing when the same record is appended again, also after it was marked', async () => {
      const record = sampleRecord(1);
      await append([record, record]);
      expect(await records.mark(record.id, 'DELETED')).toBe(true);
      await append([record]);
      expect(await found({})).toEqual([{ ...record, state: 'DELETED' }]);
      expect((await records.stats({})).totalDumps).toBe(1);
    });

    it('answers an empty list with nothing, and with no average', async () => {
      expect(await page()).toMatchObject({ rows: [], hasNext: false, hasPrevious: false });
      expect((await records.count({})).total).toBe(0);
      expect((await records.series({})).days).toEqual([]);
      expect(await records.stats({})).toMatchObject({ totalDumps: 0, totalVms: 0, totalSizeBytes: 0 });
      expect(await records.stats({})).toMatchObject({ avgDurationSec: null, lastDumpUs: null });
      expect(await records.get([])).toEqual([]);
    });

    it('keeps hostile names as they are: one record each, found by its exact name and by a part of it', async () => {
      const all = hostileNames.map((dom, number) => sampleRecord(number, { dom }));
      await append(all);
      expect((await records.count({})).total).toBe(all.length);
      for (const record of all) {
        expect(await found({ vms: [record.dom] }), record.dom).toEqual([record]);
        expect(ids(await found({ search: record.dom })), record.dom).toEqual(
          ids(expectedOrder(expectedRecords(all, { search: record.dom }), newest)),
        );
      }
    });

    it('takes wildcards, quotes and backslashes of a search for what they are', async () => {
      const all = ['a%b', 'a_b', 'axb', 'a\\b', 'a*b', 'a"b', "a'b", 'a/b', 'a.b', 'a(b', 'a[b'].map((dom, number) =>
        sampleRecord(number, { dom }),
      );
      await append(all);
      for (const { dom, id } of all) expect(ids(await found({ search: dom })), dom).toEqual([id]);
    });

    it('finds part of a name without regard to ASCII case, and only ASCII case', async () => {
      const [web, umlaut] = [sampleRecord(1, { dom: 'Web-Ä1' }), sampleRecord(2, { dom: 'web-ä1' })];
      await append([web, umlaut]);
      expect(ids(await found({ search: 'WEB-' }))).toEqual([umlaut.id, web.id]);
      expect(ids(await found({ search: 'eB-Ä' }))).toEqual([web.id]);
    });

    it('finds any part of a hash from three digits on, in either case', async () => {
      const record = sampleRecord(1, { dom: 'x', sha256: `${'0'.repeat(30)}deadbeef${'0'.repeat(26)}` });
      const other = sampleRecord(2, { dom: 'y', sha256: '1'.repeat(64) });
      await append([record, other]);
      for (const search of ['dea', 'adbe', 'DEADBEEF', record.sha256, record.sha256.toUpperCase()]) {
        expect(ids(await found({ search })), search).toEqual([record.id]);
        expect((await records.count({ search })).total).toBe(1);
      }
      expect(await found({ search: 'de' }), 'two digits are looked for in names only').toEqual([]);
      expect(await found({ search: 'deadbeee' })).toEqual([]);
    });

    it('finds once what is found by name and by hash', async () => {
      const both = sampleRecord(1, { dom: 'decafe', sha256: 'cafe'.repeat(16) });
      const named = sampleRecord(2, { dom: 'cafeteria' });
      const hashed = sampleRecord(3, { dom: 'x', sha256: 'cafe'.repeat(16) });
      await append([both, named, hashed]);
      for (const order of [newest, { by: 'SIZE', direction: 'DESC' }] as const) {
        const { rows } = await page({ filter: { search: 'cafe' }, order });
        expect(rows.map(({ record }) => record.id)).toEqual([hashed.id, named.id, both.id]);
      }
      expect((await records.count({ search: 'cafe' })).total).toBe(3);
      expect(await records.stats({ search: 'cafe' })).toMatchObject({ totalDumps: 3, totalVms: 3 });
      expect((await records.series({ search: 'cafe' })).days[0]?.dumps).toBe(3);
      expect(ids(await found({ search: 'cafe', vms: ['decafe', 'x'] }))).toEqual([hashed.id, both.id]);
    });

    it('marks: the state follows everywhere, unknown ids are false', async () => {
      const [a, b] = [sampleRecord(1, { durationSec: 1 }), sampleRecord(2, { durationSec: 3 })];
      await append([a, b]);
      expect(await records.mark(uuid('nobody'), 'DELETED')).toBe(false);
      expect(await records.mark(a.id, 'DELETED')).toBe(true);
      expect(await records.mark(a.id, 'DELETED')).toBe(true);
      expect(await records.get([a.id])).toEqual([{ ...a, state: 'DELETED' }]);
      expect(ids(await found({ states: ['AVAILABLE'] }))).toEqual([b.id]);
      expect(await records.stats({})).toMatchObject({ totalDumps: 2, avgDurationSec: 2 });
      expect(await records.stats({ states: ['AVAILABLE', 'DAMAGED'] })).toMatchObject({ totalDumps: 1, totalVms: 1 });
      expect((await records.series({ states: ['DELETED'] })).days[0]?.dumps).toBe(1);
      await records.mark(b.id, 'DAMAGED');
      expect((await records.series({ states: ['DAMAGED'] })).days[0]?.dumps).toBe(1);
      await records.mark(b.id, 'AVAILABLE');
      expect((await records.series({ states: ['DAMAGED'] })).days).toEqual([]);
      expect(await records.stats({ states: ['DAMAGED'] })).toMatchObject({ totalDumps: 0, lastDumpUs: null });
    });

    it('cuts days at midnight in UTC', async () => {
      const times = [midnightUs - 1, midnightUs, midnightUs + dayUs - 1, midnightUs + dayUs];
      const all = times.map((timeUs, number) => sampleRecord(number, { timeUs, guestPauseMs: null }));
      await append(all);
      const { days: series } = await records.series({});
      expect(series).toEqual(expectedSeries(all));
      expect(series.map(({ dumps }) => dumps)).toEqual([1, 2, 1]);
    });

    it('counts the machines that have dumps within a range, not around it', async () => {
      const on = (dom: string, days: readonly number[]) =>
        days.map((day) =>
          sampleRecord(0, { id: uuid(`${dom} ${day}`), dom, vmid: dom, timeUs: midnightUs + day * dayUs }),
        );
      await append([
        ...on('around', [1, 9]),
        ...on('all', [1, 5, 9]),
        ...on('within', [5]),
        ...on('backwards', [9, 1]),
      ]);
      const machines = async (from: number, until: number) =>
        (await records.stats({ fromUs: midnightUs + from * dayUs, untilUs: midnightUs + until * dayUs })).totalVms;
      expect(await machines(4, 6)).toBe(2);
      expect(await machines(6, 20)).toBe(3);
      expect(await machines(0, 4)).toBe(3);
      expect(await machines(0, 20)).toBe(4);
      expect((await records.stats({ fromUs: midnightUs + 6 * dayUs })).totalVms).toBe(3);
    });

    it('counts a machine once, however often it was renamed or restarted', async () => {
      const machineId = uuid('machine');
      await append([
        sampleRecord(1, { machineId, dom: 'old', vmid: '1' }),
        sampleRecord(2, { machineId, dom: 'new', vmid: '2' }),
      ]);
      expect((await records.stats({})).totalVms).toBe(1);
      expect((await records.stats({ vms: ['old'] })).totalVms).toBe(1);
      expect((await records.count({ vms: [machineId] })).total).toBe(2);
    });

    it('refuses what makes no sense', async () => {
      const bad = (query: Partial<RecordPageQuery>) => expect(page(query)).rejects.toMatchObject({ code: 'BAD_INPUT' });
      for (const limit of [0, -1, 1001, 1.5, Number.NaN]) await bad({ limit });
      for (const offset of [-1, 0.5, Number.NaN]) await bad({ offset });
      await bad({ filter: { search: 'x'.repeat(201) } });
      await bad({ filter: { states: ['GONE' as 'DELETED'] } });
      await bad({ filter: { fromUs: Number.NaN } });
      await bad({ filter: { vms: Array.from({ length: 1001 }, String) } });
      await bad({ order: { by: 'id' as 'TIME', direction: 'ASC' } });
      await bad({ order: { by: 'TIME', direction: 'asc' as 'ASC' } });
      await expect(records.count({ search: 'x'.repeat(201) })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    });

    it('refuses cursors that it did not make, and those of another order', async () => {
      await append([sampleRecord(1), sampleRecord(2)]);
      const cursor = (await page({ limit: 1 })).rows[0]?.cursor as string;
      const forged = Buffer.from('["records TIME DESC","x","y"]').toString('base64url');
      const bad = (query: Partial<RecordPageQuery>) =>
        expect(page(query)).rejects.toMatchObject({ code: 'BAD_CURSOR' });
      for (const after of ['', 'x', 'ÿÿ', forged, 'a'.repeat(5000), cursor.slice(2)]) await bad({ after });
      for (const by of ['VM', 'DURATION', 'SIZE'] as const)
        await bad({ order: { by, direction: 'DESC' }, after: cursor });
      await bad({ order: { by: 'TIME', direction: 'ASC' }, before: cursor });
      await bad({ before: cursor, order: { by: 'VM', direction: 'DESC' } });
    });
  });
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  defaultView,
  isFiltered,
  type RecordView,
  readRecordView,
  recordFilter,
  writeRecordView,
} from '../../client/records/record-view.ts';

const day = fc.constantFrom('', '2026-01-01', '2026-11-21', '2024-02-29');
const view: fc.Arbitrary<RecordView> = fc.record({
  search: fc.string({ maxLength: 200, unit: 'grapheme' }).filter((text) => text.length <= 200),
  vm: fc.string({ maxLength: 60 }),
  from: day,
  until: day,
  state: fc.constantFrom('', 'AVAILABLE', 'DELETED', 'DAMAGED'),
  sort: fc.constantFrom('TIME', 'DURATION', 'SIZE', 'VM'),
  direction: fc.constantFrom('ASC', 'DESC'),
  page: fc.integer({ min: 1, max: 1e6 }),
  size: fc.constantFrom(25, 50, 100),
});

describe('the view in the address', () => {
  it('is short when nothing is chosen', () => {
    expect(writeRecordView(defaultView)).toBe('');
    expect(writeRecordView({ ...defaultView, search: 'web 01', sort: 'SIZE', page: 3 })).toBe(
      '?q=web+01&sort=SIZE&page=3',
    );
  });

  it('comes back as it was written', () => {
    fc.assert(
      fc.property(view, (it) => {
        expect(readRecordView(writeRecordView(it))).toEqual(it);
      }),
    );
  });

  it('is never an error, whatever someone made of the address', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { page, size, search } = readRecordView(`?${text}`);
        expect(page).toBeGreaterThan(0);
        expect([25, 50, 100]).toContain(size);
        expect(search.length).toBeLessThanOrEqual(200);
      }),
    );
    expect(readRecordView('?page=-1&size=7&sort=EVIL&from=soon&state=GONE&direction=UP')).toEqual(defaultView);
  });

  it('asks for whole days, the last one included', () => {
    expect(recordFilter({ ...defaultView, from: '2026-11-20', until: '2026-11-21' }, 'UTC')).toEqual({
      from: '2026-11-20T00:00:00.000Z',
      until: '2026-11-22T00:00:00.000Z',
    });
  });

  it('knows what is a filter and what is only an order', () => {
    expect(isFiltered({ ...defaultView, sort: 'SIZE', page: 4 })).toBe(false);
    expect(isFiltered({ ...defaultView, vm: 'x' })).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { readDiffView, writeDiffView } from '../../client/heaps/diff-address.ts';
import { flamesOf, largest, zoomed } from '../../client/heaps/flame-layout.ts';
import { growthOf } from '../../client/heaps/growth.ts';

const call = (name: string, depth: number, selfBytes: number) => ({ name, depth, selfBytes, script: 'a.js', line: 1 });

describe('flames', () => {
  const rows = [
    call('(root)', 0, 0),
    call('small', 1, 10),
    call('large', 1, 30),
    call('inner', 2, 60),
    call('none', 1, 0),
  ];

  it('are as wide as what they and their callees allocated, below their caller, the largest first', () => {
    expect(flamesOf(rows).map(({ name, from, share, totalBytes }) => [name, from, share, totalBytes])).toEqual([
      ['(root)', 0, 1, 100],
      ['large', 0, 0.9, 90],
      ['inner', 0, 0.6, 60],
      ['small', 0.9, 0.1, 10],
    ]);
    expect(flamesOf([call('(root)', 0, 0)])).toEqual([]);
    expect(flamesOf([])).toEqual([]);
  });

  it('fill the width with one of them, its callers above it', () => {
    const flames = flamesOf(rows);
    const large = flames.find(({ name }) => name === 'large')?.index ?? null;
    const shown = zoomed(flames, large).map(({ name, from, share }) => [name, from, Number(share.toFixed(3))]);
    expect(shown).toEqual([
      ['(root)', 0, 1],
      ['large', 0, 1],
      ['inner', 0, 0.667],
    ]);
    expect(zoomed(flames, null)).toEqual(flames);
  });

  it('are summed up by function, whoever called it', () => {
    const twice = flamesOf([call('(root)', 0, 0), call('f', 1, 10), call('g', 1, 5), call('f', 2, 20)]);
    expect(largest(twice, 1)).toMatchObject([{ name: 'f', selfBytes: 30 }]);
  });
});

describe('growth over captures', () => {
  const at = (id: string, hour: number, used: number | null, rss: number | null) => ({
    id,
    takenAt: new Date(hour * 3_600_000).toISOString(),
    usedHeapBytes: used,
    rssBytes: rss,
    externalBytes: rss === null ? null : 50,
    rawSizeBytes: 400,
  });

  it('has a line for each figure, by time, and what it gains in an hour', () => {
    const growth = growthOf([at('b', 2, 300, 1000), at('a', 0, 100, 500)]);
    expect(growth).toMatchObject({ topBytes: 1000, fromMs: 0, untilMs: 7_200_000 });
    expect(growth?.lines).toEqual([
      {
        name: 'Heap',
        last: 300,
        perHour: 100,
        points: [
          { x: 0, y: 90 },
          { x: 100, y: 70 },
        ],
      },
      {
        name: 'Outside of the heap',
        last: 50,
        perHour: 0,
        points: [
          { x: 0, y: 95 },
          { x: 100, y: 95 },
        ],
      },
      {
        name: 'Whole process',
        last: 1000,
        perHour: 250,
        points: [
          { x: 0, y: 50 },
          { x: 100, y: 0 },
        ],
      },
    ]);
  });

  it('takes the size of the file for uploads, and is none for a single moment', () => {
    expect(growthOf([at('a', 0, null, null), at('b', 1, null, null)])?.lines.map(({ name }) => name)).toEqual(['Heap']);
    expect(growthOf([at('a', 1, 1, 1), at('b', 1, 1, 1)])).toBe(null);
    expect(growthOf([])).toBe(null);
  });
});

describe('the address of a comparison', () => {
  it('says what is searched and sorted, and leaves out what is as usual', () => {
    const usual = { search: '', order: 'DELTA', ascending: false, offset: 0 } as const;
    expect(writeDiffView(usual)).toBe('');
    expect(readDiffView('')).toEqual(usual);
    const other = { search: 'a b&c', order: 'RETAINED', ascending: true, offset: 25 } as const;
    expect(readDiffView(writeDiffView(other))).toEqual(other);
    expect(readDiffView('sort=drop&offset=-3&direction=up')).toEqual(usual);
  });
});

import { describe, expect, it } from 'vitest';
import type { UsageFragment } from '../../client/api/generated/graphql.ts';
import { formatPercent, joinSeries, markGaps, sparkPath } from '../../client/machines/usage/series.ts';
import { createLiveUsage } from '../../client/state/live-usage.ts';

const start = Date.UTC(2026, 4, 5, 12) / 1000;
const iso = (sec: number) => new Date((start + sec) * 1000).toISOString();
const rest = {
  memoryBytes: 100,
  memoryUsedBytes: null,
  memoryRssBytes: 50,
  blockReadBytesPerSecond: 1,
  blockWriteBytesPerSecond: 2,
  networkReceiveBytesPerSecond: 3,
  networkTransmitBytesPerSecond: 4,
};
const usage = (sec: number, cpuPercent: number | null, vmId = 'a'): UsageFragment => ({
  __typename: 'VmUsage',
  vmId,
  at: iso(sec),
  cpuPercent,
  ...rest,
});
const answered = (sec: number, cpuPercent: number, samples = 1) => ({
  __typename: 'VmStatsPoint' as const,
  at: iso(sec),
  samples,
  cpuPercent,
  cpuPeakPercent: cpuPercent,
  ...rest,
});
const shown = (points: ReturnType<typeof joinSeries>) =>
  points.map(({ at, cpuPercent, samples }) => [at - start, cpuPercent, samples]);

describe('a series', () => {
  it('goes on live where the answer ended, in the same stretches of time', () => {
    const live = [usage(62, 10), usage(72, 30), usage(125, 7)];
    const points = joinSeries([answered(0, 1, 6)], live, 60, start);
    expect(shown(points)).toEqual([
      [0, 1, 6],
      [60, 20, 2],
      [120, 7, 1],
    ]);
    expect(points[1]).toMatchObject({ cpuPeakPercent: 30, memoryUsedBytes: null, memoryRssBytes: 50 });
  });

  it('counts no sample twice: the last stretch of the answer is its own until more of it was seen live', () => {
    const answer = [answered(0, 1, 6), answered(60, 50, 3)];
    const live = [5, 65, 75].map((sec) => usage(sec, 10));
    expect(shown(joinSeries(answer, live, 60, start))).toEqual([
      [0, 1, 6],
      [60, 50, 3],
    ]);
    expect(shown(joinSeries(answer, [...live, usage(85, 40)], 60, start))).toEqual([
      [0, 1, 6],
      [60, 20, 3],
    ]);
  });

  it('leaves out what lies before its beginning, and knows nothing of what nobody measured', () => {
    expect(shown(joinSeries([answered(0, 1), answered(10, 2)], [usage(21, null)], 10, start + 5))).toEqual([
      [10, 2, 1],
      [20, null, 1],
    ]);
  });

  it('has an empty point in each gap, and none where a single sample is missing', () => {
    const at = (points: readonly ReturnType<typeof answered>[], resolution: number) =>
      shown(markGaps(joinSeries(points, [], resolution, start), resolution));
    expect(at([answered(0, 1), answered(20, 2), answered(60, 3)], 10)).toEqual([
      [0, 1, 1],
      [20, 2, 1],
      [30, null, 0],
      [60, 3, 1],
    ]);
    expect(at([answered(0, 1), answered(600, 2)], 300)).toHaveLength(3);
  });
});

describe('a line in a table cell', () => {
  it('is drawn in a box of 100 by 100, cut at gaps, no higher than the box', () => {
    const points = [
      { at: 0, value: 99 },
      { at: 100, value: 0 },
      { at: 110, value: 50 },
      { at: 120, value: null },
      { at: 160, value: 200 },
    ];
    expect(sparkPath(points, { from: 100, until: 200, max: 100 }, 25)).toBe('M0.0 100.0L10.0 50.0M60.0 0.0');
  });
});

describe('live samples', () => {
  it('are kept an hour long, each once, and the same array as long as nothing is added', () => {
    const live = createLiveUsage();
    let told = 0;
    live.subscribe(() => {
      told += 1;
    });
    expect(live.get('a')).toBe(live.get('b'));
    for (let index = 0; index < 400; index++) live.receive([usage(index * 10, index)]);
    expect([live.get('a').length, live.get('a')[0]?.cpuPercent, told]).toEqual([360, 40, 400]);
    const before = live.get('a');
    // Another connection begins with the newest sample.
    live.receive([usage(3990, 399), usage(3990, 1, 'b')]);
    expect(live.get('a')).toBe(before);
    // A machine that is off keeps what was drawn of it.
    live.receive([usage(4000, 2, 'b')]);
    expect(live.get('a')).toBe(before);
    expect(live.get('b')).toHaveLength(2);
  });
});

describe('a percentage', () => {
  it.each([
    [null, '–'],
    [0, '0 %'],
    [0.04, '< 0.1 %'],
    [3.44, '3.4 %'],
    [3, '3 %'],
    [9.96, '10 %'],
    [104.4, '104 %'],
  ])('%s is written %s', (value, text) => {
    expect(formatPercent(value)).toBe(text);
  });
});

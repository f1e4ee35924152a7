import { describe, expect, it } from 'vitest';
import { InfluxError } from '../../src/influx/influx-error.ts';
import { createPointsSource } from '../../src/telemetry/points-source.ts';
import type { Point } from '../../src/telemetry/sample.ts';
import type { PointsQuery } from '../../src/telemetry/sample-store.ts';
import { checkSeriesQuery, type SeriesQuery } from '../../src/telemetry/series-query.ts';

const now = Date.UTC(2026, 4, 5, 12, 0, 7);
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

describe('a question for a series', () => {
  const check = (query: SeriesQuery) => checkSeriesQuery(query, now);

  it('is the last hour in points of ten seconds if nothing is said, widened to whole points', () => {
    expect(check({})).toEqual({ fromMs: now - 7000 - hourMs, untilMs: now + 3000, resolutionMs: 10_000 });
    expect(check({ untilMs: now - dayMs }).fromMs).toBe(now - 7000 - dayMs - hourMs);
  });

  it.each([
    [900, 10],
    [hourMs / 1000, 10],
    [(6 * hourMs) / 1000, 60],
    [dayMs / 1000, 300],
    [(7 * dayMs) / 1000, 1800],
    [(30 * dayMs) / 1000, 7200],
    [(366 * dayMs) / 1000, 172_800],
  ])('over %i seconds has points of %i, so that there are 360 at most', (lastSeconds, seconds) => {
    expect(check({ lastSeconds }).resolutionMs).toBe(seconds * 1000);
  });

  it.each<[string, SeriesQuery]>([
    ['a range that ends before it begins', { fromMs: now, untilMs: now - 1 }],
    ['a range of nothing', { fromMs: now, untilMs: now }],
    ['no seconds', { lastSeconds: 0 }],
    ['seconds before now that are none', { lastSeconds: -5 }],
    ['two ranges', { lastSeconds: 60, fromMs: now - 1 }],
    ['more than a year', { lastSeconds: 400 * 86_400 }],
    ['the age of dinosaurs', { fromMs: 0, untilMs: 1000 }],
    ['the far future', { fromMs: now + 5e11, untilMs: now + 5e11 + 1000 }],
    ['a resolution that nothing is measured in', { resolutionSeconds: 1 }],
    ['one that does not fit ten seconds', { resolutionSeconds: 15 }],
    ['one that does not fit five minutes', { resolutionSeconds: 400 }],
    ['no resolution', { resolutionSeconds: 0 }],
    ['one that is longer than a week', { resolutionSeconds: 8 * 86_400 }],
    ['more than 1000 points', { lastSeconds: 86_400, resolutionSeconds: 60 }],
  ])('is refused for %s', (_, query) => {
    expect(() => check(query)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
  });
});

describe('where a series comes from', () => {
  /** A store that has a point in every stretch, and writes down what it was asked. */
  function store(mark: number) {
    const asked: PointsQuery[] = [];
    return {
      asked,
      async read(query: PointsQuery) {
        asked.push(query);
        const points: Point[] = [];
        for (let at = query.fromMs; at < query.untilMs; at += query.resolutionMs) points.push(point(at, mark));
        return new Map(query.machineIds.map((id) => [id, points]));
      },
    };
  }
  const point = (atMs: number, cpuPercent: number) => ({ atMs, cpuPercent }) as Point;
  const whole = Math.floor(now / hourMs) * hourMs;
  const ring = (sinceMs: number, isYoung = false) => ({
    ...store(1),
    append: async () => {},
    reach: () => ({ sinceMs, isYoung }),
  });
  const query = { fromMs: whole - 4 * hourMs, untilMs: whole, resolutionMs: 60_000 };

  it('is the ring alone where the ring reaches, also with InfluxDB beside it', async () => {
    const influx = store(2);
    const [series] = await createPointsSource(ring(whole - dayMs), influx)(['a'], query);
    expect(series).toMatchObject({ source: 'RING', warnings: [], ...query });
    expect(series?.points).toHaveLength(240);
    expect(influx.asked).toEqual([]);
  });

  it('is the ring alone, without a word, where only the first point is older than it', async () => {
    const influx = store(2);
    const [series] = await createPointsSource(ring(query.fromMs + 60_000), influx)(['a'], query);
    expect(series).toMatchObject({ source: 'RING', warnings: [], ...query });
    expect(influx.asked).toEqual([]);
  });

  it('is InfluxDB before that, and the ring from its first whole point on', async () => {
    const [own, influx] = [ring(whole - hourMs - 30_000), store(2)];
    const [series] = await createPointsSource(own, influx)(['a'], query);
    expect(series).toMatchObject({ source: 'INFLUX', warnings: [], ...query });
    expect(series?.points.map(({ cpuPercent }) => cpuPercent)).toEqual([...Array(180).fill(2), ...Array(60).fill(1)]);
    expect(influx.asked).toMatchObject([{ fromMs: query.fromMs, untilMs: whole - hourMs }]);
  });

  it('is what the ring has, with a warning, when InfluxDB is away; and nobody waits for it again for a while', async () => {
    let [clock, asked] = [0, 0];
    const read = async () => {
      asked += 1;
      throw new InfluxError('TIMEOUT', 'no answer in time');
    };
    const answer = createPointsSource(ring(whole - hourMs), { read }, () => clock);
    for (const reason of ['no answer in time', 'it has not responded lately']) {
      const [series] = await answer(['a'], query);
      expect(series).toMatchObject({ source: 'RING', resolutionMs: 300_000 });
      expect(series?.warnings[0]).toContain(`InfluxDB could not be asked: ${reason}`);
    }
    expect(asked).toBe(1);
    clock = 15_001;
    await answer(['a'], query);
    expect(asked).toBe(2);
  });

  it('is coarser where only means are kept, and says so; a ring that is young says nothing', async () => {
    const coarse = (await createPointsSource(ring(whole - hourMs), null)(['a'], query))[0];
    expect(coarse).toMatchObject({
      source: 'RING',
      resolutionMs: 300_000,
      warnings: [expect.stringMatching(/5-minute means/)],
    });
    expect(coarse?.points).toHaveLength(48);
    const days = { ...query, resolutionMs: 600_000 };
    const [short] = await createPointsSource(ring(whole - hourMs), null)(['a'], days);
    expect(short).toMatchObject({ ...days, warnings: [expect.stringMatching(/have expired/)] });
    const young = (await createPointsSource(ring(whole - hourMs, true), null)(['a'], query))[0];
    expect(young).toMatchObject({ resolutionMs: 60_000, warnings: [] });
  });
});

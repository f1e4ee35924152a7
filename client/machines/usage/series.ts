import type { MachineStatsQuery, UsageFragment } from '../../api/generated/graphql.ts';

type ServerPoint = NonNullable<MachineStatsQuery['vm']>['stats']['points'][number];

/** What is drawn of a machine. */
export const values = [
  'cpuPercent',
  'memoryBytes',
  'memoryUsedBytes',
  'memoryRssBytes',
  'blockReadBytesPerSecond',
  'blockWriteBytesPerSecond',
  'networkReceiveBytesPerSecond',
  'networkTransmitBytesPerSecond',
] as const;
export type Value = (typeof values)[number];

/** One point of a chart; null is what nobody knows, in a gap everything. */
export interface SeriesPoint extends Readonly<Record<Value | 'cpuPeakPercent', number | null>> {
  /** Epoch seconds of the beginning of its stretch. */
  readonly at: number;
  readonly samples: number;
}

/** A machine that was not measured for longer than this has a gap, whatever the length of a point. */
const patienceSec = 25;

/**
 * What the server answered, continued by what came live since, as means over the same stretches of time. The stretch in which
 * the answer ended is taken from the side that knows more samples of it, so that none counts twice.
 */
export function joinSeries(
  answered: readonly ServerPoint[],
  live: readonly UsageFragment[],
  resolutionSec: number,
  fromSec: number,
): readonly SeriesPoint[] {
  const points: SeriesPoint[] = answered.map((point) => ({ ...point, at: Date.parse(point.at) / 1000 }));
  const last = points.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
  const fresh = Map.groupBy(live, ({ at }) => Math.floor(Date.parse(at) / 1000 / resolutionSec) * resolutionSec);
  for (const [at, samples] of [...fresh].sort(([a], [b]) => a - b)) {
    if (at < last) continue;
    const folded = fold(at, samples);
    if (at > last) points.push(folded);
    else if (folded.samples >= (points.at(-1)?.samples ?? 0)) points[points.length - 1] = folded;
  }
  return points.filter(({ at }) => at >= fromSec);
}

function fold(at: number, samples: readonly UsageFragment[]) {
  const known = (value: Value) => samples.map((sample) => sample[value]).filter((each) => each !== null);
  const mean = (value: Value) => {
    const all = known(value);
    return all.length === 0 ? null : all.reduce((sum, each) => sum + each, 0) / all.length;
  };
  const peak = known('cpuPercent');
  return {
    ...(Object.fromEntries(values.map((value) => [value, mean(value)])) as Record<Value, number | null>),
    at,
    samples: samples.length,
    cpuPeakPercent: peak.length === 0 ? null : Math.max(...peak),
  };
}

/** Puts an empty point into every gap, so that a line does not lead across it. */
export function markGaps(points: readonly SeriesPoint[], resolutionSec: number): readonly SeriesPoint[] {
  const longest = Math.max(patienceSec, resolutionSec * 1.5);
  const empty = Object.fromEntries([...values, 'cpuPeakPercent'].map((value) => [value, null]));
  return points.flatMap((point, index) => {
    const before = points[index - 1];
    if (before === undefined || point.at - before.at <= longest) return [point];
    return [{ ...(empty as Record<Value | 'cpuPeakPercent', null>), at: before.at + resolutionSec, samples: 0 }, point];
  });
}

/** The parts of a line between its gaps, as an SVG path in a box of 100 by 100, where 0 is at the bottom. */
export function sparkPath(
  points: readonly { readonly at: number; readonly value: number | null }[],
  { from, until, max }: { readonly from: number; readonly until: number; readonly max: number },
  longestSec: number,
): string {
  let path = '';
  let before: number | null = null;
  for (const { at, value } of points) {
    if (value === null || at < from) continue;
    const x = (100 * (at - from)) / (until - from);
    const y = 100 - (100 * Math.min(value, max)) / max;
    path += `${before === null || at - before > longestSec ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    before = at;
  }
  return path;
}

/** `3.4 %`, `34 %`: as exact as one looks at it. */
export function formatPercent(percent: number | null | undefined): string {
  if (percent === null || percent === undefined || !Number.isFinite(percent)) return '–';
  if (percent === 0) return '0 %';
  if (percent < 0.1) return '< 0.1 %';
  return `${percent < 9.95 ? percent.toFixed(1).replace(/\.0$/, '') : Math.round(percent)} %`;
}

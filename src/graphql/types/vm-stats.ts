import { MemoirError } from '../../domain/memoir-error.ts';
import type { Measure, Point, Sample, Values } from '../../telemetry/sample.ts';
import { checkSeriesQuery, maxPoints, type SeriesQuery } from '../../telemetry/series-query.ts';
import type { Series } from '../../telemetry/telemetry.ts';
import { builder } from '../builder.ts';
import { StatsSourceEnum } from '../enums.ts';

const descriptions: Readonly<Record<Exclude<Measure, 'cpuPercent'>, string>> = {
  memoryBytes: 'How much memory it has.',
  memoryUsedBytes: 'What the guest uses of it; null where its balloon driver does not tell.',
  memoryRssBytes: 'What its process has resident on the host.',
  blockReadBytesPerSecond: 'Read from its disks.',
  blockWriteBytesPerSecond: 'Written to its disks.',
  networkReceiveBytesPerSecond: 'Received by its network interfaces.',
  networkTransmitBytesPerSecond: 'Sent by its network interfaces.',
};

const byteMeasures = Object.entries(descriptions) as [Exclude<Measure, 'cpuPercent'>, string][];

/** The measures are the same for a sample and for a point, which is several samples together. */
function measureFields<T extends Values>(ref: ReturnType<typeof builder.objectRef<T>>): void {
  builder.objectField(ref, 'cpuPercent', (t) =>
    t.float({
      nullable: true,
      description:
        'Share of all of its virtual CPUs. The emulator’s own work counts too, so that it may be a little above 100.',
      resolve: (values) => values.cpuPercent,
    }),
  );
  for (const [measure, description] of byteMeasures) {
    builder.objectField(ref, measure, (t) =>
      t.field({
        type: 'ByteCount',
        nullable: true,
        description,
        resolve: (values) => {
          const value = values[measure];
          return value === null ? null : Math.round(value);
        },
      }),
    );
  }
}

const sampleRef = builder.objectRef<Sample>('VmUsage');
export const VmUsageType = sampleRef.implement({
  description:
    'What a machine uses at a moment. Rates are over the ten seconds before it. Null is unknown: rates of the first sample, after a restart or a gap.',
  fields: (t) => ({
    vmId: t.exposeID('machineId', { description: 'The machine’s UUID.' }),
    vmName: t.exposeString('name', { description: 'The machine’s name.' }),
    at: t.expose('atMs', { type: 'DateTime', description: 'The moment.' }),
  }),
});
measureFields(sampleRef);

const pointRef = builder.objectRef<Point>('VmStatsPoint');
const VmStatsPointType = pointRef.implement({
  description: 'The samples of one stretch of time: their means. Null is unknown.',
  fields: (t) => ({
    at: t.expose('atMs', { type: 'DateTime', description: 'The stretch’s beginning.' }),
    samples: t.exposeInt('samples', { description: 'How many samples there are of it.' }),
    cpuPeakPercent: t.exposeFloat('cpuPeakPercent', {
      nullable: true,
      description: 'The highest of the samples’ values of cpuPercent.',
    }),
  }),
});
measureFields(pointRef);

export const StatsRange = builder.inputType('StatsRange', {
  description: 'A time range; defaults to the last hour.',
  fields: (t) => ({
    last: t.int({ description: 'The last N seconds. Excludes `from` and `until`.' }),
    from: t.field({ type: 'DateTime', description: 'The beginning; an hour before `until` if absent.' }),
    until: t.field({ type: 'DateTime', description: 'The end; now if absent.' }),
  }),
});

const StatsSpan = builder.inputType('StatsSpan', {
  description: 'A stretch of time between two moments.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', required: true, description: 'The beginning.' }),
    until: t.field({ type: 'DateTime', description: 'The end; now if absent.' }),
  }),
});

export const StatsWindow = builder.inputType('StatsWindow', {
  description: 'A range of time.',
  isOneOf: true,
  fields: (t) => ({
    last: t.int({ description: 'The last so many seconds.' }),
    between: t.field({ type: StatsSpan, description: 'Between two moments.' }),
  }),
});

interface StatsArgs {
  readonly over?: typeof StatsWindow.$inferInput | null | undefined;
  readonly range?: typeof StatsRange.$inferInput | null | undefined;
  readonly resolution?: number | null | undefined;
}

export function toSeriesQuery({ over, range, resolution }: StatsArgs): SeriesQuery {
  if (over != null && range != null) throw new MemoirError('BAD_INPUT', 'give either `over` or the older `range`');
  const { last, from, until } = over == null ? (range ?? {}) : { last: over.last, ...over.between };
  return {
    ...(last == null ? {} : { lastSeconds: last }),
    ...(from == null ? {} : { fromMs: Math.floor(from) }),
    ...(until == null ? {} : { untilMs: Math.ceil(until) }),
    ...(resolution == null ? {} : { resolutionSeconds: resolution }),
  };
}

/** How many points arguments ask for that nobody has checked yet; as many as there may be where they make no sense. */
export function askedPoints(args: Readonly<Record<string, unknown>>): number {
  try {
    const { over, range, resolution } = parseTimes(args) as StatsArgs;
    const query = toSeriesQuery({ over, range, resolution });
    const { fromMs, untilMs, resolutionMs } = checkSeriesQuery(query, Date.now());
    const points = (untilMs - fromMs) / resolutionMs;
    return Number.isFinite(points) ? points : maxPoints;
  } catch {
    return maxPoints;
  }
}

/** Arguments as they were sent, with the times of a range as the scalar parses them. */
function parseTimes(value: unknown): unknown {
  if (typeof value === 'string') return Date.parse(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, parseTimes(part)]));
}

export const VmStatsType = builder.objectRef<Series>('VmStats').implement({
  description: 'What a machine used over a range of time.',
  fields: (t) => ({
    points: t.field({
      type: [VmStatsPointType],
      description:
        'Oldest first. Stretches without a sample are left out: the machine was off, or nobody could measure.',
      extensions: { isPage: true },
      resolve: ({ points }) => [...points],
    }),
    from: t.expose('fromMs', { type: 'DateTime', description: 'Where the range begins, widened to whole points.' }),
    until: t.expose('untilMs', { type: 'DateTime', description: 'Where it ends, widened to whole points.' }),
    resolution: t.int({
      description: 'Seconds of a point: more than asked for where only longer ones are kept, which `warnings` says.',
      resolve: ({ resolutionMs }) => resolutionMs / 1000,
    }),
    source: t.expose('source', { type: StatsSourceEnum, description: 'Which store the answer came from.' }),
    warnings: t.field({
      type: ['String'],
      description: 'Warnings about this answer.',
      resolve: ({ warnings }) => [...warnings],
    }),
  }),
});

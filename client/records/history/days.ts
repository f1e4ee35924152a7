import type { DaysQuery } from '../../api/generated/graphql.ts';

/** One day of the charts. Nothing was dumped: no dumps, no bytes, and no means (null), which is not the same as zero. */
export interface ChartDay {
  /** Epoch seconds of its midnight in UTC. */
  readonly at: number;
  readonly dumps: number;
  readonly sizeBytes: number;
  readonly durationSec: number | null;
  readonly pauseMs: number | null;
}

const daySec = 86_400;

/** `count` days from the one of `from` on; the server leaves out those on which nothing was dumped. */
export function fillDays(days: DaysQuery['dumpStats']['days'], from: string, count: number): readonly ChartDay[] {
  const known = new Map(days.map((day) => [Math.floor(Date.parse(day.day) / 1000 / daySec), day]));
  const first = Math.floor(Date.parse(from) / 1000 / daySec);
  return Array.from({ length: count }, (_, index) => {
    const day = known.get(first + index);
    return {
      at: (first + index) * daySec,
      dumps: day?.dumps ?? 0,
      sizeBytes: day?.sizeBytes ?? 0,
      durationSec: day?.avgDurationSec ?? null,
      pauseMs: day?.avgGuestPauseMs ?? null,
    };
  });
}

import { useEffect, useRef } from 'react';
import type { CombinedError } from 'urql';
import { MachineStatsDocument, type MachineStatsQuery } from '../../api/generated/graphql.ts';
import { useFreshQuery } from '../../api/use-fresh-query.ts';
import { useLiveUsage } from '../../state/live-usage.ts';
import { joinSeries, type SeriesPoint } from './series.ts';

/** What came live is an hour at most, and coarser than the server's means of long ranges: asked for again after so long. */
const refreshAfterMs = 10 * 60_000;

export interface MachineStats {
  /** Up to now, as samples come in; undefined before the first answer. */
  readonly points: readonly SeriesPoint[] | undefined;
  readonly stats: NonNullable<MachineStatsQuery['vm']>['stats'] | undefined;
  /** The server answered that there is no such machine any more. */
  readonly isGone: boolean;
  readonly error: CombinedError | undefined;
  readonly refresh: () => void;
}

/** A machine's statistics over the last seconds, answered once and continued live. */
export function useMachineStats(id: string, lastSec: number): MachineStats {
  const { data, error, refresh } = useFreshQuery(MachineStatsDocument, { vm: id, range: { last: lastSec } }, ['usage']);
  const live = useLiveUsage(id);
  const stats = data?.vm?.stats;
  const answered = useRef({ stats, at: Date.now() });
  if (answered.current.stats !== stats) answered.current = { stats, at: Date.now() };

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new sample is the occasion; `refresh` is new at each render
  useEffect(() => {
    if (Date.now() - answered.current.at < refreshAfterMs) return;
    answered.current.at = Date.now();
    refresh();
  }, [live]);

  const points = stats && joinSeries(stats.points, live, stats.resolution, Date.now() / 1000 - lastSec);
  return { points, stats, isGone: data?.vm === null, error, refresh };
}

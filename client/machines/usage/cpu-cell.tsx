import type { RecentCpuQuery } from '../../api/generated/graphql.ts';
import { useClock } from '../../state/clock.ts';
import { useLiveUsage } from '../../state/live-usage.ts';
import { formatPercent, sparkPath } from './series.ts';
import styles from './usage.module.css';

type Recent = RecentCpuQuery['vms'][number]['stats'];

/** What the line shows, in seconds; and how old a value may be that is called the present one. */
const lengthSec = 600;
const staleSec = 35;

/** What the CPU does now, and a line of the last ten minutes up to 100 %. */
export function CpuCell({ id, recent }: { readonly id: string; readonly recent: Recent | undefined }) {
  const live = useLiveUsage(id);
  const now = useClock((ms) => Math.floor(ms / 10_000) * 10);
  const newest = live.at(-1);
  const isNow = newest !== undefined && now - Date.parse(newest.at) / 1000 < staleSec;
  const firstLive = live[0] === undefined ? Number.POSITIVE_INFINITY : Date.parse(live[0].at) / 1000;
  const points = [
    ...(recent?.points ?? [])
      .map(({ at, cpuPercent }) => ({ at: Date.parse(at) / 1000, value: cpuPercent }))
      .filter(({ at }) => at < firstLive),
    ...live.map(({ at, cpuPercent }) => ({ at: Date.parse(at) / 1000, value: cpuPercent })),
  ];
  const known = points
    .filter(({ at, value }) => value !== null && at >= now - lengthSec)
    .map(({ value }) => value ?? 0);
  if (!isNow && known.length === 0) return <span className="dim">–</span>;
  const longest = Math.max(25, (recent?.resolution ?? 0) * 1.5 + 10);
  return (
    <span className={styles.cell}>
      <span>{isNow ? formatPercent(newest.cpuPercent) : '–'}</span>
      {known.length > 1 && (
        <>
          <svg className={styles.spark} viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
            <path d={sparkPath(points, { from: now - lengthSec, until: now + 10, max: 100 }, longest)} />
          </svg>
          <span className="unseen">
            in the last 10 minutes {formatPercent(Math.min(...known))} to {formatPercent(Math.max(...known))}
          </span>
        </>
      )}
    </span>
  );
}

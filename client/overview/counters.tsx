import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { ServiceDocument, StatisticsDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { formatBytes } from '../format/bytes.ts';
import { formatCount } from '../format/count.ts';
import { formatSeconds } from '../format/duration.ts';
import type { Machine } from '../machines/use-machines.ts';
import { Failure, Warnings } from '../ui/answer-states.tsx';
import { Age } from '../ui/moment.tsx';
import styles from './overview.module.css';

/** The four figures of the head: what could be dumped, what was, when last, and the space it takes. */
export function Counters({ machines }: { readonly machines: readonly Machine[] | undefined }) {
  const { data, error, refresh } = useFreshQuery(StatisticsDocument, {}, ['records']);
  const service = useFreshQuery(ServiceDocument, {}, ['service']);
  const stats = data?.dumpStats;
  const storage = service.data?.service.storage;
  const running = machines?.filter(({ state }) => state === 'RUNNING').length;
  if (error && !stats) return <Failure error={error} retry={refresh} />;
  return (
    <>
      <dl className={styles.counters}>
        <Counter name="Machines" value={machines?.length} detail={running !== undefined && `${running} running`} />
        <Counter
          name="Dumps"
          value={stats && formatCount(stats.totalDumps)}
          detail={stats?.avgDurationSec != null && <>{formatSeconds(stats.avgDurationSec)} on average</>}
        />
        <Counter
          name="Last dump"
          value={stats && (stats.lastDump ? <Age at={stats.lastDump} /> : 'none')}
          detail={stats?.lastDump && <Link href="/dumps">All dumps</Link>}
        />
        <Counter
          name="Stored"
          value={data && formatBytes(data.stored.totalSizeBytes)}
          detail={
            storage && (
              <span className={storage.warning ? styles.warn : undefined} title={storage.warning ?? undefined}>
                {formatBytes(storage.freeBytes)} free
              </span>
            )
          }
        />
      </dl>
      <Warnings warnings={[...(stats?.warnings ?? []), ...(storage?.warning ? [storage.warning] : [])]} />
    </>
  );
}

function Counter({
  name,
  value,
  detail,
}: {
  readonly name: string;
  readonly value: ReactNode;
  readonly detail: ReactNode;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={styles.value}>{value ?? <span className="dim">…</span>}</dd>
      <dd className={styles.detail}>{detail}</dd>
    </div>
  );
}

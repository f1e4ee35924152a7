import type { ForecastFragment } from '../api/generated/graphql.ts';
import { PauseMeter } from '../ui/pause-meter.tsx';
import { methodLabels, planDump } from './forecast.ts';
import styles from './forecast-line.module.css';

/** What would happen if this machine were dumped now, in one line: the pause, then the method. */
export function ForecastLine({ forecast }: { readonly forecast: ForecastFragment | undefined }) {
  if (!forecast) return <span className="dim">…</span>;
  const plan = planDump(forecast, 'AUTO');
  if (plan.method === null)
    return (
      <span className={styles.reason} title={plan.reason}>
        {plan.reason}
      </span>
    );
  return (
    <span className={styles.line} title={plan.reason}>
      <PauseMeter pauseMs={plan.pauseMs} expected unknown="pause unknown" />
      <span className="dim">{methodLabels[plan.method]}</span>
    </span>
  );
}
